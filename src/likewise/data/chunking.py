"""Splits long texts into overlapping chunks that fit the model, at sentence boundaries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likewise.data.records import Record
from likewise.errors import InputError
from likewise.results import TokenCount

DEFAULT_CHUNK_TOKENS = 128
"""Default chunk size in tokens: a long paragraph.

Well below the limit of the models (256 to 8,192): a vector represents a long text less
precisely, most of these models were trained on texts of this length (all-MiniLM-L6-v2 on up to 128
tokens), and a hit is short enough to read at a glance.
"""

OVERLAP_DIVISOR = 8
"""Default overlap: the chunk size divided by this."""

TOKEN_SLACK = 2
"""Tokens in reserve: a chunk tokenized alone may have one more token at either end."""

TITLE_DIVISOR = 4
"""Maximum share of the title: the chunk size divided by this; a longer title is truncated."""

MAX_CHARACTERS_PER_TOKEN = 8
"""Upper estimate of characters per token; few languages have more."""

BATCH_SIZE = 512
"""Records tokenized together."""

BATCH_SECONDS = 1.0
"""Maximum wait for a batch of records from a slow source."""

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE = re.compile(
    r"\n\s*|(?<=[.!?…])[\"'”’)\]]*\s+"
    r"|[。！？!?｡…]+[」』”’）)\"]*\s*(?=[^\s])"  # without a following space
)


class Chunker(Protocol):
    """Counts and locates the tokens of texts; an `Encoder` is one."""

    @property
    def max_seq_length(self) -> int:
        """Maximum tokens per text, including special tokens."""
        ...

    def count_tokens(self, sentences: list[str]) -> list[TokenCount]:
        """Tokens of each text before and after truncation, including special tokens."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Character offsets of the tokens of each text: int64 `[tokens, 2]` per text."""
        ...


@dataclass(frozen=True)
class Chunk:
    """Part of a record.

    Attributes:
        record: the source record.
        number: index in the record, from 0.
        start: offset of the first character in `record.text`.
        end: offset after the last character; `text` is `record.text[start:end]`.
        title: prepended to the text: the title of the record, truncated if very long.
    """

    record: Record
    number: int
    start: int
    end: int
    title: str = ""

    @property
    def text(self) -> str:
        """The text of the chunk."""
        return self.record.text[self.start : self.end]

    @property
    def model_input(self) -> str:
        """The input of the model: the title on a line of its own, then the text."""
        return with_title(self.title, self.text)


def with_title(title: str, text: str) -> str:
    """The input of the model: the title on a line of its own, then the text."""
    return f"{title}\n{text}" if title else text


def chunk_records(
    records: Iterable[Record],
    chunker: Chunker,
    *,
    max_tokens: int | None = None,
    overlap: int | None = None,
) -> Iterator[Chunk]:
    """Split records into chunks, in order; a short record is one chunk.

    A chunk ends at the end of a paragraph if there is one in its second half, else at the end of a
    sentence, else between words. The next chunk starts with the sentences of the overlap, if whole
    sentences fit. Where the blocks of a record are known (`Record.breaks`), a block that fits into
    a chunk is never split: it starts the next chunk, without an overlap.

    Args:
        records: read lazily, some hundreds ahead.
        chunker: the model that encodes the chunks.
        max_tokens: maximum tokens per chunk, including title and special tokens; default:
            `DEFAULT_CHUNK_TOKENS`, or the limit of the model if lower.
        overlap: maximum tokens shared with the previous chunk; default: `max_tokens` divided by
            `OVERLAP_DIVISOR`.

    Raises:
        InputError: `max_tokens` or `overlap` is out of range.
    """
    limit = chunker.max_seq_length
    size = min(DEFAULT_CHUNK_TOKENS, limit) if max_tokens is None else max_tokens
    least = min(16, limit)
    if not least <= size <= limit:
        raise InputError(
            f"chunks of {size} tokens do not fit the model, which reads {limit}",
            hint=f"choose between {least} and {limit}",
        )
    shared = size // OVERLAP_DIVISOR if overlap is None else overlap
    if not 0 <= shared <= size // 2:
        raise InputError(
            f"an overlap of {shared} tokens is out of range for chunks of {size}",
            hint=f"choose between 0 and {size // 2}",
        )
    return _chunks(records, chunker, size, shared)


def _chunks(
    records: Iterable[Record], chunker: Chunker, size: int, overlap: int
) -> Iterator[Chunk]:
    capacity = _capacity(size)
    batch: list[Record] = []
    characters, since = 0, time.monotonic()
    for record in records:
        batch.append(record)
        characters += len(record.text)
        waited = time.monotonic() - since
        if len(batch) >= BATCH_SIZE or characters > 1_000_000 or waited > BATCH_SECONDS:
            yield from _chunk_batch(batch, chunker, capacity, overlap)
            batch, characters, since = [], 0, time.monotonic()
    yield from _chunk_batch(batch, chunker, capacity, overlap)


def _chunk_batch(
    batch: Sequence[Record], chunker: Chunker, capacity: int, overlap: int
) -> Iterator[Chunk]:
    candidates = [
        index for index, record in enumerate(batch) if not _fits_by_length(record, capacity)
    ]
    candidates = _needing_offsets(batch, candidates, chunker, capacity)
    texts = [batch[index].text for index in candidates] + [
        batch[index].title for index in candidates
    ]
    spans = chunker.token_spans(texts) if texts else []
    spans_of = dict(
        zip(candidates, zip(spans, spans[len(candidates) :], strict=False), strict=True)
    )
    for index, record in enumerate(batch):
        if index not in spans_of:
            yield Chunk(record, 0, 0, len(record.text), record.title)
            continue
        text_spans, title_spans = spans_of[index]
        title = _truncate_title(record.title, title_spans, capacity)
        available = capacity - min(len(title_spans), capacity // TITLE_DIVISOR)
        if len(text_spans) <= available:
            yield Chunk(record, 0, 0, len(record.text), title)
            continue
        for number, (start, end) in enumerate(
            _chunk_offsets(record, text_spans, available, overlap)
        ):
            yield Chunk(record, number, start, end, title)


def _needing_offsets(
    batch: Sequence[Record], indices: Sequence[int], chunker: Chunker, capacity: int
) -> list[int]:
    """The records that need token offsets; counting tokens is faster than locating them."""
    likely = [
        index
        for index in indices
        if not batch[index].title and len(batch[index].text) <= capacity * MAX_CHARACTERS_PER_TOKEN
    ]
    counts = chunker.count_tokens([batch[index].text for index in likely]) if likely else []
    # the counts include special tokens, so this is a safe upper bound
    fitting = {index for index, count in zip(likely, counts, strict=True) if count.seen <= capacity}
    return [index for index in indices if index not in fitting]


def chunk_titles(
    records: Sequence[Record], whole: Sequence[bool], chunker: Callable[[], Chunker], size: int
) -> list[str]:
    """The titles of stored chunks, truncated as they were for the model.

    Args:
        records: one per chunk: its text, with the full title.
        whole: for each chunk, whether it is the whole record.
        chunker: returns the model of the chunks; called only if a title may have been truncated.
        size: maximum tokens per chunk; 0 if texts were not split.
    """
    titles = [record.title for record in records]
    capacity = _capacity(size)
    if not size:
        return titles
    uncertain = [
        index
        for index, (record, is_whole) in enumerate(zip(records, whole, strict=True))
        # a token has at least one byte
        if len(record.title.encode()) > capacity // TITLE_DIVISOR
        and not (is_whole and _fits_by_length(record, capacity))
    ]
    if uncertain:
        spans = chunker().token_spans([titles[index] for index in uncertain])
        for index, title_spans in zip(uncertain, spans, strict=True):
            titles[index] = _truncate_title(titles[index], title_spans, capacity)
    return titles


def _capacity(size: int) -> int:
    """Tokens available for title and text, without special tokens."""
    return size - 2 - TOKEN_SLACK


def _truncate_title(title: str, spans: NDArray[np.int64], capacity: int) -> str:
    if len(spans) <= capacity // TITLE_DIVISOR:
        return title
    read = spans[: capacity // TITLE_DIVISOR]
    return title[: read[-1, 1]] if len(read) else ""


def _fits_by_length(record: Record, capacity: int) -> bool:
    """Whether it fits without tokenizing: a token has at least one byte."""
    length = len(record.text) + len(record.title)
    return length <= capacity and len(record.text.encode()) + len(record.title.encode()) <= capacity


def _chunk_offsets(
    record: Record, spans: NDArray[np.int64], capacity: int, overlap: int
) -> Iterator[tuple[int, int]]:
    """Start and end offsets of the chunks of a long text."""
    starts, ends = np.ascontiguousarray(spans[:, 0]), np.ascontiguousarray(spans[:, 1])
    points = _SplitPoints(record.text, starts, ends)
    blocks = np.unique(np.searchsorted(starts, np.array(record.breaks or (), np.int64)))
    first, total = 0, len(spans)
    while True:
        last = first + capacity
        if last >= total:
            yield int(starts[first]), int(ends[-1])
            return
        whole = _before_block(blocks, first, last, capacity, total)
        last = whole or points.best(first + max(capacity // 2, 1), last)
        yield int(starts[first]), int(ends[last - 1])
        overlap_start = (
            points.first_sentence(last - overlap, last) if overlap and not whole else last
        )
        first = max(overlap_start, first + 1)


def _before_block(
    blocks: NDArray[np.int64], first: int, last: int, capacity: int, total: int
) -> int | None:
    """The first token of the block around `last`, if the block fits into the next chunk."""
    at = int(np.searchsorted(blocks, last, side="right"))
    if not at or blocks[at - 1] <= first:
        return None
    start = int(blocks[at - 1])
    end = int(blocks[at]) if at < len(blocks) else total
    return start if start == last or end - start <= capacity else None


class _SplitPoints:
    """Tokens at which a chunk may start."""

    def __init__(self, text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        paragraphs = [match.end() for match in _PARAGRAPH.finditer(text)]
        sentences = [match.end() for match in _SENTENCE.finditer(text)]
        self._paragraphs = np.unique(np.searchsorted(starts, np.array(paragraphs, np.int64)))
        ends_of_units = np.array(sentences + paragraphs, np.int64)
        self._sentences = np.unique(np.searchsorted(starts, ends_of_units))
        after_space = np.flatnonzero(starts[1:] > ends[:-1]) + 1
        without_spaces = np.flatnonzero(_is_wide(text, starts))
        self._words = np.union1d(after_space, without_spaces)

    def best(self, low: int, high: int) -> int:
        """The best token from `low` to `high` to start the next chunk."""
        for starts in (self._paragraphs, self._sentences, self._words):
            at = int(np.searchsorted(starts, high, side="right")) - 1
            if at >= 0 and starts[at] >= low:
                return int(starts[at])
        return high

    def first_sentence(self, low: int, high: int) -> int:
        """The first sentence start in `[low, high)`, else the first word start."""
        for starts in (self._sentences, self._words):
            at = int(np.searchsorted(starts, low))
            if at < len(starts) and starts[at] < high:
                return int(starts[at])
        return high


def _is_wide(text: str, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens start with a character of a script without spaces between words."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)[starts]
    return ((codes >= 0x2E80) & (codes < 0xAC00)) | (codes >= 0x20000)
