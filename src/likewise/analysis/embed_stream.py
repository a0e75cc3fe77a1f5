"""Encodes texts that are sent to the workers of an executor: a stream, in its order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likewise.errors import TextError
from likewise.executor import Executor
from likewise.finite import check_finite
from likewise.results import Encoded
from likewise.tokenization.token_stream import Truncation
from likewise.vectors import Matrix

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder

TASK_TEXTS = 512
"""Texts of a task: about a second of work, and few enough to begin on all workers early."""


def embed_stream(
    executor: Executor,
    encoder: Encoder,
    texts: Iterable[str],
    prompt_name: str | None = None,
) -> Iterator[Encoded]:
    """Encode texts as they come; the result is that of `Encoder.encode_stream`, in other parts.

    The texts are sent to the workers, and the vectors come back. Results that overtake an earlier
    one wait for it in memory; an executor begins no task that is far ahead of the earliest.

    Args:
        executor: runs the parts.
        encoder: the model; each worker loads its own.
        texts: read as workers become free.
        prompt_name: as in `Encoder.encode_stream`.

    Raises:
        TextError: a text cannot be encoded.
        EngineError: a vector is not finite, or workers end again and again.
    """
    sent: deque[tuple[str, ...]] = deque()
    finished: dict[int, EncodedTexts] = {}
    given = 0

    def tasks() -> Iterator[tuple[str, ...]]:
        source = iter(texts)
        while part := tuple(islice(source, TASK_TEXTS)):
            sent.append(part)
            yield part

    for task in executor.run(EncodeTexts(encoder, prompt_name), tasks()):
        finished[task.number] = task.result
        while given in finished:
            found = finished.pop(given)
            given += 1
            yield Encoded(list(sent.popleft()), found.vectors, found.seen, found.kept)


@dataclass(frozen=True)
class EncodedTexts:
    """The vectors of a task, and the tokens of its texts; see `Encoded`."""

    vectors: Matrix
    seen: NDArray[np.int64]
    kept: NDArray[np.int64]


@dataclass(frozen=True)
class EncodeTexts:
    """Encodes texts that are sent as the task."""

    encoder: Encoder
    prompt_name: str | None
    truncation: Truncation = "cut"

    def start(self) -> Encoder:
        """The model."""
        return self.encoder

    def run(self, state: Encoder, task: tuple[str, ...]) -> EncodedTexts:
        """The vectors of the texts."""
        try:
            parts = list(state.encode_stream(task, self.prompt_name, truncation=self.truncation))
        except TextError as error:
            raise error.at(f"the text {task[error.index or 0][:40]!r}") from error
        vectors = np.concatenate([part.vectors for part in parts])
        check_finite(vectors, state.name)
        return EncodedTexts(
            vectors,
            np.concatenate([part.seen for part in parts]),
            np.concatenate([part.kept for part in parts]),
        )
