"""A stream of texts to tokenized batches; the next batch is tokenized while one is computed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from likewise.errors import InputError, TooLongError
from likewise.tokenization.token_rows import TokenRows
from likewise.tokenization.tokenizer import Tokenizer

Truncation = Literal["cut", "error", "chunk"]
TRUNCATIONS: tuple[Truncation, ...] = ("cut", "error", "chunk")

BATCH_TEXTS = 4096
"""Maximum number of texts of a batch: enough for good packing, in little memory."""

FIRST_BATCH_TEXTS = 16
"""Texts of the first batch of a `TimeLimit`; its speed determines the next size."""

OVERLAP_DIVISOR = 8
"""Consecutive chunks of a text overlap by the maximum length divided by this."""


@dataclass(frozen=True)
class TokenizedBatch:
    """Consecutive texts and their tokens.

    Attributes:
        texts: the texts as given.
        rows: token rows: one per text, or several for a text that was chunked.
        text_index: int64 `[rows]`, the text of each row, ascending.
        seen: int64 `[texts]`, tokens of each text before truncation, special tokens included; a
            lower bound for a truncated text of more than 20,000 characters.
        kept: int64 `[texts]`, tokens that the model reads.
    """

    texts: list[str]
    rows: TokenRows
    text_index: NDArray[np.int64]
    seen: NDArray[np.int64]
    kept: NDArray[np.int64]

    @property
    def chunked(self) -> NDArray[np.bool_]:
        """Which texts have several rows: bool `[texts]`."""
        return np.bincount(self.text_index, minlength=len(self.texts)) > 1

    def average_chunks(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of rows to vectors of texts, float32 `[texts, dimension]`.

        The vector of a chunked text is the mean of its rows, weighted by tokens. The vectors of
        other texts are unchanged.
        """
        if len(vectors) == len(self.texts):
            return vectors
        starts = np.searchsorted(self.text_index, np.arange(len(self.texts)))
        weights = self.rows.lengths[:, None].astype(np.float32)
        means = np.add.reduceat(vectors * weights, starts) / np.add.reduceat(weights, starts)
        return np.where(self.chunked[:, None], means, vectors[starts]).astype(np.float32)


@dataclass(frozen=True)
class Prompt:
    """The text put before each text.

    Attributes:
        text: the prompt.
        tokens: number of its tokens, leading special tokens included.
    """

    text: str
    tokens: int


class BatchLimit:
    """The size of batches: `BATCH_TEXTS`."""

    def take(self, source: Iterator[str]) -> list[str]:
        """The texts of the next batch; empty at the end of the source."""
        return list(islice(source, BATCH_TEXTS))

    def record(self, texts: int, seconds: float) -> None:
        """Adapt to the time that a batch took to compute."""


class TimeLimit(BatchLimit):
    """The size of batches that each take limited time.

    Args:
        seconds: limit for reading a batch's texts, and for computing it.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.size = FIRST_BATCH_TEXTS

    def record(self, texts: int, seconds: float) -> None:
        """Set the next size by the time that a batch took to compute."""
        fitting = int(texts * self._seconds / max(seconds, 1e-9))
        self.size = max(1, min(fitting, 4 * texts, BATCH_TEXTS))

    def take(self, source: Iterator[str]) -> list[str]:
        """The texts of the next batch; fewer if the source is slow."""
        texts: list[str] = []
        deadline = time.monotonic() + self._seconds
        for text in islice(source, self.size):
            texts.append(text)
            if time.monotonic() > deadline:
                break
        return texts


class CharacterLimit(BatchLimit):
    """The size of batches whose boundaries depend on the texts alone, not on time.

    For runtimes that are not batch-invariant: a stream that is resumed at a boundary has the same
    batches, so it gives the same vectors.

    Args:
        characters: number of characters at which a batch ends.
    """

    def __init__(self, characters: int) -> None:
        self._characters = characters

    def take(self, source: Iterator[str]) -> list[str]:
        """The texts of the next batch."""
        texts: list[str] = []
        characters = 0
        for text in islice(source, BATCH_TEXTS):
            texts.append(text)
            characters += len(text) if isinstance(text, str) else 0  # refused when tokenized
            if characters >= self._characters:
                break
        return texts


def token_stream(
    tokenizer: Tokenizer,
    texts: Iterable[str],
    *,
    prefix: str = "",
    truncation: Truncation = "cut",
    limit: BatchLimit | None = None,
) -> Iterator[TokenizedBatch]:
    """Tokenize a stream of texts, one batch ahead.

    Args:
        tokenizer: the checkpoint's tokenizer.
        texts: read once, in the caller's thread, at most two batches ahead.
        prefix: put before each text.
        truncation: what to do with a text over the maximum length: `cut` its end, raise an
            `error`, or split it into overlapping chunks, each after the prompt.
        limit: the size of batches. The caller records how long each took to compute.

    Raises:
        TextError: an item is not a text; the error gives its index.
        TooLongError: a text is too long and `truncation` is `error`.
        InputError: unknown truncation.
    """
    if truncation not in TRUNCATIONS:
        raise InputError(
            f"unknown truncation {truncation!r}", hint="one of " + ", ".join(TRUNCATIONS)
        )
    prompt = Prompt(prefix, tokenizer.prompt_tokens(prefix))
    source, start, limit = iter(texts), 0, limit or BatchLimit()
    first = limit.take(source)
    if not first:
        return
    if type(limit) is BatchLimit and len(first) < BATCH_TEXTS:  # a single batch needs no thread
        yield _tokenized(tokenizer, first, 0, prompt, truncation)
        return
    with ThreadPoolExecutor(1, "likewise-tokenizer") as pool:

        def submit(part: list[str]) -> Future[TokenizedBatch]:
            return pool.submit(_tokenized, tokenizer, part, start, prompt, truncation)

        ahead = submit(first)
        start += len(first)
        while part := limit.take(source):
            ready, ahead = ahead.result(), submit(part)
            start += len(part)
            yield ready
        yield ahead.result()


def _tokenized(
    tokenizer: Tokenizer, texts: list[str], start: int, prompt: Prompt, truncation: Truncation
) -> TokenizedBatch:
    prompted = [prompt.text + text for text in texts] if prompt.text else texts
    rows = tokenizer.rows(prompted, start, truncate=truncation != "chunk", exact=False)
    rows = replace(rows, prompt_tokens=prompt.tokens)
    too_long = np.flatnonzero(rows.seen > tokenizer.max_tokens)
    text_index = np.arange(len(rows))
    if truncation == "cut" or not len(too_long):
        return TokenizedBatch(texts, rows, text_index, rows.seen, rows.lengths)
    if truncation == "chunk":
        return _chunked(tokenizer, texts, rows)
    index = start + int(too_long[0])
    partial = rows.partial is not None and rows.partial[too_long[0]]
    count = f"more than {tokenizer.max_tokens}" if partial else f"{rows.seen[too_long[0]]}"
    raise TooLongError(
        f"text {index} has {count} tokens, the model reads {tokenizer.max_tokens}",
        hint='shorten it, or use truncation="cut" or "chunk"',
        index=index,
    )


def _chunked(tokenizer: Tokenizer, texts: list[str], rows: TokenRows) -> TokenizedBatch:
    all_chunks: list[NDArray[np.int32]] = []
    text_index: list[int] = []
    overlap, prompt_tokens = tokenizer.max_tokens // OVERLAP_DIVISOR, rows.prompt_tokens
    for text, row in enumerate(np.split(rows.token_ids, rows.starts[1:])):
        chunks = tokenizer.chunks(row, overlap=overlap, prompt_tokens=prompt_tokens)
        all_chunks += chunks
        text_index += [text] * len(chunks)
    lengths = np.array([len(chunk) for chunk in all_chunks], dtype=np.int64)
    chunk_rows = TokenRows(np.concatenate(all_chunks), lengths, lengths, prompt_tokens)
    return TokenizedBatch(texts, chunk_rows, np.array(text_index), rows.seen, rows.seen)
