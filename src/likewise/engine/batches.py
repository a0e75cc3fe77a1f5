"""Packing of texts into batches: several short texts per row, few shapes, little padding.

A batch is a rectangle of rows. Each row holds one or more texts one after the other; `segments`
numbers them from 1 (0 is padding), and attention and pooling stay inside a segment. Texts are taken
longest first, and each goes into the fullest row with enough space (best-fit decreasing), so there
is almost no padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.tokenization.tokenizer import TokenRows

ROW_LENGTHS = (
    16, 32, 48, 64, 96, 128, 192, 256, 384, 512,
    768, 1024, 1536, 2048, 3072, 4096, 6144, 8192,
)  # fmt: skip
"""Few, since the engine compiles every new shape once (5 to 20 ms), and multiples of 16: attention
over other lengths takes other kernels, whose last bits differ in bfloat16."""

INT8_ROW_LENGTHS = tuple(length for length in ROW_LENGTHS if length != 32)
"""In int8 OpenVINO 2026.4.1 gives wrong vectors for rows of 32 tokens on processors with AMX: a
cosine of .86 to float32, whatever the number of rows; rows of 16, 24, 48 and more have .997."""

SHARED_ROW = 64
"""Rows that short texts share: long enough to fill well, short enough for cheap attention."""

TOKEN_BUDGET = 1024
"""Tokens in a batch: large enough for efficient products, small enough to stay in the cache."""

ALIGNMENT = 2
"""Texts begin at even positions: bfloat16 products process tokens in pairs, and no pair may span
two texts if the result is to be batch-invariant."""

STRICT_ALIGNMENT = 16
"""Sums over a row use up to 16 lanes. If texts begin at multiples of 16, their values are
summed in the same order at every position, so the result is batch-invariant."""


@dataclass(frozen=True)
class TokenBatch:
    """The layout of `k` texts in a rectangle of rows.

    Attributes:
        texts: int64 `[k]`, which texts of all.
        row: int64 `[k]`, in which row each lies.
        slot: int64 `[k]`, as which of the row's texts, from 0.
        offset: int64 `[k]`, where in the row it begins.
        rows: rows of the rectangle.
        length: tokens of a row.
    """

    texts: NDArray[np.int64]
    row: NDArray[np.int64]
    slot: NDArray[np.int64]
    offset: NDArray[np.int64]
    rows: int
    length: int

    @property
    def slots(self) -> int:
        """Texts that a row can hold at most."""
        return slots_of(self.length)

    def inputs(self, rows: TokenRows, pad_id: int) -> dict[str, NDArray[np.int32]]:
        """The inputs of the network for this batch.

        Returns:
            `token_ids`, `segments`, `positions`: int32 `[rows, length]`; `slots`: int32 `[slots]`,
            counting from 1; `prompt_tokens`: int32 `[1]`; `token_types`: int32 `[rows, length]`
            where the rows have them.
        """
        lengths = rows.lengths[self.texts]
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        source = np.repeat(rows.starts[self.texts], lengths) + within
        target = np.repeat(self.row * self.length + self.offset, lengths) + within
        filled = np.zeros((3, self.rows * self.length), dtype=np.int32)
        filled[0] = pad_id
        filled[0, target] = rows.token_ids[source]
        filled[1, target] = np.repeat(self.slot + 1, lengths)
        filled[2, target] = within
        token_ids, segments, positions = filled.reshape(3, self.rows, self.length)
        return {
            "token_ids": token_ids,
            "segments": segments,
            "positions": positions,
            "slots": np.arange(1, self.slots + 1, dtype=np.int32),
            "prompt_tokens": np.array([rows.prompt_tokens], dtype=np.int32),
        } | self._types(rows, source, target)

    def _types(
        self, rows: TokenRows, source: NDArray[np.int64], target: NDArray[np.int64]
    ) -> dict[str, NDArray[np.int32]]:
        if rows.token_types is None:
            return {}
        types = np.zeros(self.rows * self.length, dtype=np.int32)
        types[target] = rows.token_types[source]
        return {"token_types": types.reshape(self.rows, self.length)}


def slots_of(length: int) -> int:
    """Texts that a row of that length can hold at most."""
    return max(2, length // 4)


def row_length(tokens: int, known: Sequence[int] = ROW_LENGTHS) -> int:
    """The shortest row that holds so many tokens."""
    return next((n for n in known if n >= tokens), -(-tokens // 1024) * 1024)


def plan(
    lengths: NDArray[np.int64],
    *,
    budget: int = TOKEN_BUDGET,
    shared: bool = True,
    alignment: int = ALIGNMENT,
    row_lengths: Sequence[int] = ROW_LENGTHS,
) -> list[TokenBatch]:
    """Lay texts of these lengths in batches, longest first.

    Args:
        lengths: int64 `[n]`, tokens of each text.
        budget: tokens of a batch; one row may be longer.
        shared: whether texts may share a row.
        alignment: texts begin at a multiple of this.
        row_lengths: of rows, ascending; longer ones are multiples of 1024.
    """
    layout = _Layout(shared, alignment, row_lengths)
    for text in np.argsort(-lengths, kind="stable").tolist():
        layout.place(text, int(lengths[text]))
    return list(layout.batches(budget))


class _Layout:
    """Rows being filled."""

    def __init__(self, shared: bool, alignment: int, row_lengths: Sequence[int]) -> None:
        self._shared = shared
        self._alignment = alignment
        self._row_lengths = row_lengths
        self._capacity: list[int] = []
        self._members: list[list[tuple[int, int]]] = []  # (text, offset) by row
        self._room: dict[int, list[int]] = {}  # free tokens -> rows with just so many
        self._sizes = 0  # bit n is set where some row has n tokens free

    def place(self, text: int, tokens: int) -> None:
        tokens = -(-tokens // self._alignment) * self._alignment
        fitting = self._sizes >> tokens
        if self._shared and fitting:
            free = tokens + (fitting & -fitting).bit_length() - 1
            row = self._room[free].pop()
            if not self._room[free]:
                self._sizes &= ~(1 << free)
        else:
            row = len(self._capacity)
            wanted = max(tokens, SHARED_ROW) if self._shared else tokens
            free = row_length(wanted, self._row_lengths)
            self._capacity.append(free)
            self._members.append([])
        members = self._members[row]
        members.append((text, self._capacity[row] - free))
        left = free - tokens
        if left > 0 and len(members) < slots_of(self._capacity[row]):
            self._room.setdefault(left, []).append(row)
            self._sizes |= 1 << left

    def batches(self, budget: int) -> Iterator[TokenBatch]:
        if len(self._capacity) == 1:
            self._capacity[0] = self._trimmed(0)
        by_length: dict[int, list[int]] = {}
        for row, capacity in enumerate(self._capacity):
            by_length.setdefault(capacity, []).append(row)
        for length in sorted(by_length, reverse=True):
            rows = by_length[length]
            step = max(1, budget // length)
            for start in range(0, len(rows), step):
                yield self._batch(rows[start : start + step], length, step)

    def _trimmed(self, row: int) -> int:
        """The shortest row that holds what is there, and has as many slots."""
        used = self._capacity[row] - max(
            (free for free, rows in self._room.items() if row in rows), default=0
        )
        texts = len(self._members[row])
        return next(
            n
            for n in (*self._row_lengths, self._capacity[row])
            if n >= used and slots_of(n) >= texts
        )

    def _batch(self, rows: list[int], length: int, step: int) -> TokenBatch:
        placed = [
            (text, at, slot, offset)
            for at, row in enumerate(rows)
            for slot, (text, offset) in enumerate(self._members[row])
        ]
        texts, row, slot, offset = np.array(placed, dtype=np.int64).T
        return TokenBatch(texts, row, slot, offset, _round_rows(len(rows), step), length)


def _round_rows(rows: int, step: int) -> int:
    """Up to the next of 1, 2, 3, 4, 6, 8, 12, 16, …, so that there are few shapes."""
    power = 1 << (rows - 1).bit_length()
    rounded = power * 3 // 4 if power >= 4 and rows <= power * 3 // 4 else power
    return min(rounded, step)
