"""Texts as they stream by: windows of them tokenized, the next one while the last is computed."""

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
from likewise.tokenization.tokenizer import Tokenizer, TokenRows

Truncation = Literal["cut", "error", "chunk"]
TRUNCATIONS: tuple[Truncation, ...] = ("cut", "error", "chunk")

WINDOW = 4096
"""Texts that are tokenized and laid in batches together: enough to fill rows, little memory."""

FIRST = 16
"""Texts of the first window where windows are limited in time: its speed sets the next size."""

OVERLAP = 8
"""One in so many tokens of a chunk is read again at the beginning of the next."""


@dataclass(frozen=True)
class TokenizedBatch:
    """Some neighbouring texts, ready to be computed.

    Attributes:
        texts: the texts as they were given.
        rows: token rows, one a text, or several where long texts were taken apart.
        owner: int64 `[rows]`, the text that each row belongs to; rising.
        seen: int64 `[texts]`, tokens each text has, special ones included; a text of more than
            20,000 characters whose end is cut may have more.
        kept: int64 `[texts]`, tokens of it that are read.
    """

    texts: list[str]
    rows: TokenRows
    owner: NDArray[np.int64]
    seen: NDArray[np.int64]
    kept: NDArray[np.int64]

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Which texts were taken apart: bool `[texts]`."""
        return np.bincount(self.owner, minlength=len(self.texts)) > 1

    def joined(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """One vector a text out of one a row: the mean weighted by tokens, float32 `[texts, d]`.

        What was not taken apart keeps its vector to the bit.
        """
        if len(vectors) == len(self.texts):
            return vectors
        starts = np.searchsorted(self.owner, np.arange(len(self.texts)))
        weights = self.rows.lengths[:, None].astype(np.float32)
        means = np.add.reduceat(vectors * weights, starts) / np.add.reduceat(weights, starts)
        return np.where(self.apart[:, None], means, vectors[starts]).astype(np.float32)


@dataclass(frozen=True)
class Prompt:
    """What is put before each text.

    Attributes:
        text: its words.
        tokens: how many tokens at the beginning of a text are its own.
    """

    text: str
    tokens: int


class Pace:
    """The size of windows that shall each take no longer than some seconds.

    Args:
        seconds: for reading a window's texts, and again for computing it.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.size = FIRST

    def record(self, texts: int, seconds: float) -> None:
        """Set the next size by the time that a window took to compute."""
        fitting = int(texts * self._seconds / max(seconds, 1e-9))
        self.size = max(1, min(fitting, 4 * texts, WINDOW))

    def take(self, source: Iterator[str]) -> list[str]:
        """The next window's texts; fewer where the source is slow."""
        taken: list[str] = []
        until = time.monotonic() + self._seconds
        for text in islice(source, self.size):
            taken.append(text)
            if time.monotonic() > until:
                break
        return taken


class EvenPace(Pace):
    """Windows that end at places given by their texts alone, wherever the stream is resumed.

    For runtimes in which a vector's last bits depend on what is computed beside it.

    Args:
        characters: of a window.
    """

    def __init__(self, characters: int) -> None:
        super().__init__(0)
        self._characters = characters

    def record(self, texts: int, seconds: float) -> None:
        """Sizes do not depend on time."""

    def take(self, source: Iterator[str]) -> list[str]:
        """The next window's texts."""
        taken: list[str] = []
        characters = 0
        for text in islice(source, WINDOW):
            taken.append(text)
            characters += len(text) if isinstance(text, str) else 0  # an error comes later
            if characters >= self._characters:
                break
        return taken


def token_stream(
    tokenizer: Tokenizer,
    texts: Iterable[str],
    *,
    prefix: str = "",
    truncation: Truncation = "cut",
    pace: Pace | None = None,
) -> Iterator[TokenizedBatch]:
    """Tokenize a stream of texts, `WINDOW` at a time and one window ahead.

    Args:
        tokenizer: the checkpoint's.
        texts: read once, in the caller's own thread, no further ahead than two windows.
        prefix: put before each text.
        truncation: what becomes of a text over the limit: its end is cut, it is an error, or it is
            read in overlapping chunks, each after the prompt, whose vectors are averaged.
        pace: sets the size of windows; the caller records how long each took to compute.

    Raises:
        TextError: something is no text; its index is told.
        TooLongError: a text is over the limit and `truncation` is `error`.
        InputError: an unknown truncation.
    """
    if truncation not in TRUNCATIONS:
        raise InputError(
            f"unknown truncation {truncation!r}", hint="one of " + ", ".join(TRUNCATIONS)
        )
    prompt = Prompt(prefix, tokenizer.prompt_tokens(prefix))
    source, start = iter(texts), 0
    first = pace.take(source) if pace else list(islice(source, WINDOW))
    if not pace and len(first) < WINDOW:  # no thread for the few texts of a quick question
        if first:
            yield _window(tokenizer, first, 0, prompt, truncation)
        return
    if not first:
        return
    with ThreadPoolExecutor(1, "likewise-tokenizer") as pool:

        def submit(part: list[str]) -> Future[TokenizedBatch]:
            return pool.submit(_window, tokenizer, part, start, prompt, truncation)

        ahead = submit(first)
        start += len(first)
        while part := pace.take(source) if pace else list(islice(source, WINDOW)):
            ready, ahead = ahead.result(), submit(part)
            start += len(part)
            yield ready
        yield ahead.result()


def _window(
    tokenizer: Tokenizer, texts: list[str], start: int, prompt: Prompt, truncation: Truncation
) -> TokenizedBatch:
    prompted = [prompt.text + text for text in texts] if prompt.text else texts
    rows = tokenizer.rows(prompted, start, whole=truncation == "chunk", counted=False)
    rows = replace(rows, prompt_tokens=prompt.tokens)
    over = np.flatnonzero(rows.seen > tokenizer.max_tokens)
    owner = np.arange(len(rows))
    if truncation == "cut" or not len(over):
        return TokenizedBatch(texts, rows, owner, rows.seen, rows.lengths)
    if truncation == "chunk":
        return _chunked(tokenizer, texts, rows)
    index = start + int(over[0])
    partial = rows.partial is not None and rows.partial[over[0]]
    many = f"more than {tokenizer.max_tokens}" if partial else f"{rows.seen[over[0]]}"
    raise TooLongError(
        f"text {index} has {many} tokens, the model reads {tokenizer.max_tokens}",
        hint='shorten it, or read it with truncation="cut" or "chunk"',
        index=index,
    )


def _chunked(tokenizer: Tokenizer, texts: list[str], rows: TokenRows) -> TokenizedBatch:
    pieces: list[NDArray[np.int32]] = []
    owner: list[int] = []
    overlap, prompt_tokens = tokenizer.max_tokens // OVERLAP, rows.prompt_tokens
    for text, row in enumerate(np.split(rows.token_ids, rows.starts[1:])):
        chunks = tokenizer.chunks(row, overlap=overlap, prompt_tokens=prompt_tokens)
        pieces += chunks
        owner += [text] * len(chunks)
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    parts = TokenRows(np.concatenate(pieces), lengths, lengths, prompt_tokens)
    return TokenizedBatch(texts, parts, np.array(owner), rows.seen, rows.seen)
