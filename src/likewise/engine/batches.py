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

from likewise.tokenization.token_rows import TokenRows

ROW_LENGTHS = (
    16, 32, 48, 64, 96, 128, 192, 256, 384, 512,
    768, 1024, 1536, 2048, 3072, 4096, 6144, 8192,
)  # fmt: skip
"""Possible row lengths. Few, since OpenVINO compiles each new shape (5 to 20 ms). Multiples of 16,
since for others attention uses kernels whose results differ in bfloat16."""

INT8_ROW_LENGTHS = tuple(length for length in ROW_LENGTHS if length != 32)
"""Without 32: on processors with AMX, OpenVINO 2026.4.1 returns wrong vectors for int8 rows of 32
tokens, with a cosine of .86 to float32 (other lengths: .997)."""

SHARED_ROW = 64
"""Minimum length of rows that texts share: long enough for good packing, short enough for fast
attention."""

TOKEN_BUDGET = 1024
"""Tokens in a batch: enough for efficient matrix products, few enough for the processor's cache."""

ALIGNMENT = 2
"""Texts begin at even positions: bfloat16 products process tokens in pairs, and no pair may span
two texts if the result is to be batch-invariant."""

WIDE_LANES = 16
"""Float32 values in a register of AVX-512.

Sums over a row are made in as many lanes. If texts begin at multiples of it, their values are
summed in the same order at every position, so the result is batch-invariant.
"""

NARROW_LANES = 8
"""Float32 values in a register of AVX2; short texts then take half as much of a row."""


@dataclass(frozen=True)
class TokenBatch:
    """The layout of `k` texts in a rectangle of rows.

    Attributes:
        texts: int64 `[k]`, index of each text among all texts.
        row: int64 `[k]`, row of each text.
        slot: int64 `[k]`, index of each text in its row.
        offset: int64 `[k]`, index of each text's first token in its row.
        rows: number of rows.
        length: tokens per row.
    """

    texts: NDArray[np.int64]
    row: NDArray[np.int64]
    slot: NDArray[np.int64]
    offset: NDArray[np.int64]
    rows: int
    length: int

    @property
    def slots(self) -> int:
        """Maximum number of texts per row."""
        return slots_of(self.length)

    def inputs(self, rows: TokenRows, pad_id: int) -> dict[str, NDArray[np.int32]]:
        """The inputs of the network for this batch.

        Returns:
            `token_ids`, `segments`, `positions`: int32 `[rows, length]`; `slots`: int32 `[slots]`,
            counting from 1; `prompt_tokens`: int32 `[1]`; `token_types`: int32 `[rows, length]`
            if `rows` has them.
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
    """Maximum number of texts in a row of this length."""
    return max(2, length // 4)


def row_length(tokens: int, row_lengths: Sequence[int] = ROW_LENGTHS) -> int:
    """The shortest row length for a number of tokens; above `row_lengths`, a multiple of 1024."""
    return next((n for n in row_lengths if n >= tokens), -(-tokens // 1024) * 1024)


def plan(
    lengths: NDArray[np.int64],
    *,
    budget: int = TOKEN_BUDGET,
    shared: bool = True,
    alignment: int = ALIGNMENT,
    row_lengths: Sequence[int] = ROW_LENGTHS,
) -> list[TokenBatch]:
    """Pack texts into batches, longest first.

    Args:
        lengths: int64 `[n]`, tokens of each text.
        budget: maximum number of tokens in a batch, unless a single row is longer.
        shared: whether texts may share a row.
        alignment: offsets of texts are multiples of this.
        row_lengths: possible row lengths, ascending; longer rows are multiples of 1024.
    """
    packer = _RowPacker(shared, alignment, row_lengths)
    for text in np.argsort(-lengths, kind="stable").tolist():
        packer.add(text, int(lengths[text]))
    return list(packer.batches(budget))


class _RowPacker:
    """Packs texts into rows: best-fit decreasing, if texts are added longest first."""

    def __init__(self, shared: bool, alignment: int, row_lengths: Sequence[int]) -> None:
        self._shared = shared
        self._alignment = alignment
        self._row_lengths = row_lengths
        self._lengths: list[int] = []  # by row
        self._texts: list[list[tuple[int, int]]] = []  # (text, offset) by row
        self._rows_by_free: dict[int, list[int]] = {}  # rows by their number of free tokens
        self._free_bits = 0  # bit n is set if a row has n free tokens

    def add(self, text: int, tokens: int) -> None:
        tokens = -(-tokens // self._alignment) * self._alignment
        fitting = self._free_bits >> tokens
        if self._shared and fitting:
            free = tokens + (fitting & -fitting).bit_length() - 1  # the lowest bit set
            row = self._rows_by_free[free].pop()
            if not self._rows_by_free[free]:
                self._free_bits &= ~(1 << free)
        else:
            row = len(self._lengths)
            minimum = max(tokens, SHARED_ROW) if self._shared else tokens
            free = row_length(minimum, self._row_lengths)
            self._lengths.append(free)
            self._texts.append([])
        texts = self._texts[row]
        texts.append((text, self._lengths[row] - free))
        remaining = free - tokens
        if remaining > 0 and len(texts) < slots_of(self._lengths[row]):
            self._rows_by_free.setdefault(remaining, []).append(row)
            self._free_bits |= 1 << remaining

    def batches(self, budget: int) -> Iterator[TokenBatch]:
        if len(self._lengths) == 1:
            self._lengths[0] = self._shortened(0)
        by_length: dict[int, list[int]] = {}
        for row, length in enumerate(self._lengths):
            by_length.setdefault(length, []).append(row)
        for length in sorted(by_length, reverse=True):
            rows = by_length[length]
            step = max(1, budget // length)
            for start in range(0, len(rows), step):
                yield self._batch(rows[start : start + step], length, step)

    def _shortened(self, row: int) -> int:
        """The shortest row length for the texts of a row."""
        used = self._lengths[row] - max(
            (free for free, rows in self._rows_by_free.items() if row in rows), default=0
        )
        texts = len(self._texts[row])
        return next(
            n
            for n in (*self._row_lengths, self._lengths[row])
            if n >= used and slots_of(n) >= texts
        )

    def _batch(self, rows: list[int], length: int, step: int) -> TokenBatch:
        entries = [
            (text, index, slot, offset)
            for index, row in enumerate(rows)
            for slot, (text, offset) in enumerate(self._texts[row])
        ]
        texts, row, slot, offset = np.array(entries, dtype=np.int64).T
        return TokenBatch(texts, row, slot, offset, _round_rows(len(rows), step), length)


def _round_rows(rows: int, step: int) -> int:
    """Round up to 1, 2, 3, 4, 6, 8, 12, 16, …, so that there are few shapes."""
    power = 1 << (rows - 1).bit_length()
    rounded = power * 3 // 4 if power >= 4 and rows <= power * 3 // 4 else power
    return min(rounded, step)
