"""Long texts in overlapping passages that a model reads whole, cut where sentences end."""

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

PASSAGE = 128
"""Tokens of a passage where nothing else is asked for: a long paragraph.

Well below what models read (256 to 8,192), since one vector says less of a text the longer it is,
and since most of these models were trained on texts of this length (all-MiniLM-L6-v2 on up to 128
tokens); a hit is also no longer than a person reads at a glance.
"""

OVERLAP = 8
"""One in so many tokens of a passage at most is read again at the beginning of the next."""

SLACK = 2
"""Tokens left free: read alone, a passage may have one more at either end than in its text."""

TITLE = 4
"""One in so many tokens of a passage at most is its title's; a longer title is cut there."""

LIKELY = 8
"""Characters a token, above which a text is not likely to fit; few languages have more."""

GROUP = 512
"""Records that are tokenized together."""

GROUP_SECONDS = 1.0
"""Records of a slow source wait for others no longer than this."""

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE = re.compile(
    r"\n\s*|(?<=[.!?…])[\"'”’)\]]*\s+"
    r"|[。！？!?｡…]+[」』”’）)\"]*\s*(?=[^\s])"  # where no blank follows
)


class Chunker(Protocol):
    """Anything that knows the tokens of a text, and where they lie, as an `Encoder` does."""

    @property
    def max_seq_length(self) -> int:
        """Tokens of a text that are read, special ones included."""
        ...

    def count_tokens(self, sentences: list[str]) -> list[TokenCount]:
        """How many tokens each text has, special ones included, and how many are read."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Where each token of a text begins and ends: int64 `[tokens, 2]` a text."""
        ...


@dataclass(frozen=True)
class Chunk:
    """A piece of a record.

    Attributes:
        record: what it is from.
        number: which of its record's passages it is, from 0.
        start: character of `record.text` that it begins with.
        end: character behind its last; `text` is `record.text[start:end]`.
        title: what is put before it: its record's title, cut where that is very long.
    """

    record: Record
    number: int
    start: int
    end: int
    title: str = ""

    @property
    def text(self) -> str:
        """Its own words."""
        return self.record.text[self.start : self.end]

    @property
    def read(self) -> str:
        """What the model reads: its title on a line of its own, and its words."""
        return titled(self.title, self.text)


def titled(title: str, text: str) -> str:
    """A passage as a model reads it: its title on a line of its own, and its words."""
    return f"{title}\n{text}" if title else text


def chunk_records(
    records: Iterable[Record],
    splitter: Chunker,
    *,
    max_tokens: int | None = None,
    overlap: int | None = None,
) -> Iterator[Chunk]:
    """Records in passages, in their order; a record that is short enough is one passage.

    A passage ends at a paragraph's end where there is one in its last half, else at a sentence's,
    else between words; the next begins with the sentences of the overlap, if whole ones fit in it.
    Of a record whose blocks are known, one that fits into a passage is never cut: it begins the
    next one, without an overlap.

    Args:
        records: read as they come, some hundreds ahead.
        splitter: the model that will read the passages.
        max_tokens: tokens of a passage at most, its title and special tokens included; when not
            given `PASSAGE`, or what the model reads if that is less.
        overlap: tokens at most that a passage has in common with the one before it; when not given
            one in `OVERLAP`.

    Raises:
        InputError: the model does not read so many tokens, or too few are left.
    """
    limit = splitter.max_seq_length
    size = min(PASSAGE, limit) if max_tokens is None else max_tokens
    least = min(16, limit)
    if not least <= size <= limit:
        raise InputError(
            f"passages of {size} tokens, and the model reads {limit}",
            hint=f"choose between {least} and {limit}",
        )
    shared = size // OVERLAP if overlap is None else overlap
    if not 0 <= shared <= size // 2:
        raise InputError(
            f"an overlap of {shared} tokens for passages of {size}",
            hint=f"choose between 0 and {size // 2}",
        )
    return _passages(records, splitter, size, shared)


def _passages(
    records: Iterable[Record], splitter: Chunker, size: int, overlap: int
) -> Iterator[Chunk]:
    room = _room(size)
    group: list[Record] = []
    characters, since = 0, time.monotonic()
    for record in records:
        group.append(record)
        characters += len(record.text)
        waited = time.monotonic() - since
        if len(group) >= GROUP or characters > 1_000_000 or waited > GROUP_SECONDS:
            yield from _of_group(group, splitter, room, overlap)
            group, characters, since = [], 0, time.monotonic()
    yield from _of_group(group, splitter, room, overlap)


def _of_group(
    group: Sequence[Record], splitter: Chunker, room: int, overlap: int
) -> Iterator[Chunk]:
    long = [place for place, record in enumerate(group) if not _surely_fits(record, room)]
    long = _not_fitting(group, long, splitter, room)
    texts = [group[place].text for place in long] + [group[place].title for place in long]
    spans = splitter.token_spans(texts) if texts else []
    found = dict(zip(long, zip(spans, spans[len(long) :], strict=False), strict=True))
    for place, record in enumerate(group):
        if place not in found:
            yield Chunk(record, 0, 0, len(record.text), record.title)
            continue
        own, named = found[place]
        title = _cut_title(record.title, named, room)
        left = room - min(len(named), room // TITLE)
        if len(own) <= left:
            yield Chunk(record, 0, 0, len(record.text), title)
            continue
        for number, (start, end) in enumerate(_cuts(record, own, left, overlap)):
            yield Chunk(record, number, start, end, title)


def _not_fitting(
    group: Sequence[Record], places: Sequence[int], splitter: Chunker, room: int
) -> list[int]:
    """Of some places those that have to be looked at closely: to count is quicker than to place."""
    likely = [
        place
        for place in places
        if not group[place].title and len(group[place].text) <= room * LIKELY
    ]
    counts = splitter.count_tokens([group[place].text for place in likely]) if likely else []
    # special tokens count as well here, so none is over that fits
    fitting = {place for place, count in zip(likely, counts, strict=True) if count.seen <= room}
    return [place for place in places if place not in fitting]


def titles_read(
    records: Sequence[Record], whole: Sequence[bool], splitter: Callable[[], Chunker], size: int
) -> list[str]:
    """The titles of passages as they were put before them, from what is kept of the passages.

    Args:
        records: each passage's text as the text of a record, with the whole title.
        whole: for each of them whether it is all of its record.
        splitter: gives the model that read the passages; asked where a title may have been cut.
        size: tokens of a passage at most; 0 where texts were kept whole.
    """
    titles = [record.title for record in records]
    room = _room(size)
    if not size:
        return titles
    asked = [
        place
        for place, (record, alone) in enumerate(zip(records, whole, strict=True))
        # none of its tokens is shorter than a byte
        if len(record.title.encode()) > room // TITLE and not (alone and _surely_fits(record, room))
    ]
    if asked:
        spans = splitter().token_spans([titles[place] for place in asked])
        for place, named in zip(asked, spans, strict=True):
            titles[place] = _cut_title(titles[place], named, room)
    return titles


def _room(size: int) -> int:
    """Tokens left for the text and its title where the model's own ones stand around them."""
    return size - 2 - SLACK


def _cut_title(title: str, spans: NDArray[np.int64], room: int) -> str:
    if len(spans) <= room // TITLE:
        return title
    kept = spans[: room // TITLE]
    return title[: kept[-1, 1]] if len(kept) else ""


def _surely_fits(record: Record, room: int) -> bool:
    """Whether it can have no more tokens than that; none is shorter than a byte."""
    length = len(record.text) + len(record.title)
    return length <= room and len(record.text.encode()) + len(record.title.encode()) <= room


def _cuts(
    record: Record, spans: NDArray[np.int64], room: int, overlap: int
) -> Iterator[tuple[int, int]]:
    """Where the passages of a long text begin and end."""
    starts, ends = np.ascontiguousarray(spans[:, 0]), np.ascontiguousarray(spans[:, 1])
    places = _Places(record.text, starts, ends)
    blocks = np.unique(np.searchsorted(starts, np.array(record.breaks or (), np.int64)))
    first, total = 0, len(spans)
    while True:
        last = first + room
        if last >= total:
            yield int(starts[first]), int(ends[-1])
            return
        whole = _before_block(blocks, first, last, room, total)
        last = whole or places.best(first + max(room // 2, 1), last)
        yield int(starts[first]), int(ends[last - 1])
        again = places.first_sentence(last - overlap, last) if overlap and not whole else last
        first = max(again, first + 1)


def _before_block(
    blocks: NDArray[np.int64], first: int, last: int, room: int, total: int
) -> int | None:
    """The token that begins the block around `last`, if the next passage can hold it whole."""
    at = int(np.searchsorted(blocks, last, side="right"))
    if not at or blocks[at - 1] <= first:
        return None
    start = int(blocks[at - 1])
    end = int(blocks[at]) if at < len(blocks) else total
    return start if start == last or end - start <= room else None


class _Places:
    """Tokens that a passage may begin with."""

    def __init__(self, text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        paragraphs = [match.end() for match in _PARAGRAPH.finditer(text)]
        sentences = [match.end() for match in _SENTENCE.finditer(text)]
        self._paragraphs = np.unique(np.searchsorted(starts, np.array(paragraphs, np.int64)))
        found = np.array(sentences + paragraphs, np.int64)
        self._sentences = np.unique(np.searchsorted(starts, found))
        apart = np.flatnonzero(starts[1:] > ends[:-1]) + 1
        wide = np.flatnonzero(_is_wide(text, starts))
        self._words = np.union1d(apart, wide)

    def best(self, low: int, high: int) -> int:
        """The best of the tokens from `low` to `high` to begin the next passage with."""
        for places in (self._paragraphs, self._sentences, self._words):
            at = int(np.searchsorted(places, high, side="right")) - 1
            if at >= 0 and places[at] >= low:
                return int(places[at])
        return high

    def first_sentence(self, low: int, high: int) -> int:
        """The first sentence from `low` on that begins before `high`, else a word."""
        for places in (self._sentences, self._words):
            at = int(np.searchsorted(places, low))
            if at < len(places) and places[at] < high:
                return int(places[at])
        return high


def _is_wide(text: str, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens begin with a character of a script that writes no blanks between words."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)[starts]
    return ((codes >= 0x2E80) & (codes < 0xAC00)) | (codes >= 0x20000)
