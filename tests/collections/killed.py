"""A program for the tests to kill: indexes a file and says what is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import cast

import numpy as np

from likewise.collections import sync
from likewise.collections.contract import Model
from likewise.collections.index_files import index_files
from likewise.progress import Progress
from likewise.results import Encoded

DIMENSION = 32


class Slow:
    """A model of random vectors, a moment for every few texts."""

    name = reference = "slow"
    compute, dimension, fingerprint = "float32", DIMENSION, "0" * 32
    similarity_fn_name, max_seq_length = "cosine", 256

    def role_prompt(self, _: str) -> None:
        """It has no prompts."""

    def encode_stream(self, texts: Iterator[str], **_: object) -> Iterator[Encoded]:
        part: list[str] = []
        for text in texts:
            part.append(text)
            if len(part) == 50:
                yield self._encoded(part)
                part = []
        if part:
            yield self._encoded(part)

    def encode_query(self, texts: list[str]) -> np.ndarray:
        return self._encoded(texts).vectors

    encode_document = encode_query

    def _encoded(self, texts: list[str]) -> Encoded:
        drawn = np.random.default_rng(len(texts[0])).standard_normal((len(texts), DIMENSION))
        ones = np.ones(len(texts), np.int64)
        return Encoded(texts, drawn.astype(np.float32), ones, ones)


def slow_model() -> Model:
    """`Slow` has what indexing calls when no text is split."""
    return cast("Model", Slow())


class Printed(Progress):
    def message(self, text: str) -> None:
        print(text, flush=True)


if __name__ == "__main__":
    sync.COMMIT_ROWS = 200
    index_files(
        [sys.argv[1]], "c", slow_model(), store=sys.argv[2], chunk_tokens=0, progress=Printed()
    )
    print("finished", flush=True)
