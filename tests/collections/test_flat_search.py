"""Exact search block by block, against one product over all vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise.collections import flat_search
from likewise.collections.flat_search import ScanBlock, nearest
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.data.records import Record

ROWS, DIMENSION, QUERIES, K = 200, 16, 7, 10


@pytest.fixture
def rows() -> NDArray[np.float32]:
    return np.random.default_rng(3).standard_normal((ROWS, DIMENSION)).astype(np.float32)


@pytest.fixture
def queries() -> NDArray[np.float32]:
    return np.random.default_rng(4).standard_normal((QUERIES, DIMENSION)).astype(np.float32)


@pytest.fixture
def row_ids() -> NDArray[np.uint64]:
    """Not in order, with gaps, and too large for 32 bits: as a store numbers fragments."""
    numbers = np.random.default_rng(5).permutation(ROWS).astype(np.uint64)
    return numbers * np.uint64(3) + np.uint64(2**33)


def split(row_ids: NDArray[np.uint64], rows: NDArray[np.float32], size: int) -> list[ScanBlock]:
    return [
        ScanBlock(row_ids[start : start + size], rows[start : start + size])
        for start in range(0, len(rows), size)
    ]


def reference(
    rows: NDArray[np.float32], queries: NDArray[np.float32], measure: str
) -> NDArray[np.float64]:
    """Larger is nearer, in double precision."""
    a, b = queries.astype(np.float64), rows.astype(np.float64)
    if measure == "euclidean":
        distances: NDArray[np.float64] = np.linalg.norm(a[:, None] - b[None], axis=2)
        return -distances
    if measure == "cosine":
        a /= np.linalg.norm(a, axis=1, keepdims=True)
        b /= np.linalg.norm(b, axis=1, keepdims=True)
    return a @ b.T


@pytest.mark.parametrize("measure", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("size", [3, 64, ROWS])
def test_blocks_of_any_size_give_the_exact_neighbors(
    rows: NDArray[np.float32],
    queries: NDArray[np.float32],
    row_ids: NDArray[np.uint64],
    measure: str,
    size: int,
) -> None:
    found = nearest(split(row_ids, rows, size), queries, K, measure)
    order = np.argsort(-reference(rows, queries, measure), axis=1)[:, :K]
    np.testing.assert_array_equal(found.row_ids, row_ids[order])
    assert (np.diff(found.scores, axis=1) <= 0).all()


def test_only_allowed_rows_are_found(
    rows: NDArray[np.float32], queries: NDArray[np.float32], row_ids: NDArray[np.uint64]
) -> None:
    allowed = np.sort(row_ids[::5])
    found = nearest(split(row_ids, rows, 64), queries, K, "cosine", allowed)
    order = np.argsort(-reference(rows[::5], queries, "cosine"), axis=1)[:, :K]
    np.testing.assert_array_equal(found.row_ids, row_ids[::5][order])


def test_fewer_rows_than_neighbors_give_all_rows(
    rows: NDArray[np.float32], queries: NDArray[np.float32], row_ids: NDArray[np.uint64]
) -> None:
    found = nearest(split(row_ids[:4], rows[:4], 3), queries, K, "cosine")
    assert found.row_ids.shape == found.scores.shape == (QUERIES, 4)
    nothing = nearest(split(row_ids, rows, 64), queries, K, "cosine", np.array([], np.uint64))
    assert nothing.row_ids.shape == (QUERIES, 0)


def test_blocks_of_a_table_are_its_rows(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat_search, "BLOCK", 4)
    texts = [f"sentence number {n}" for n in range(10)]
    open_collection("c", store=tmp_path, model=encoder, create=True).add(
        Record(text, {}, "/a.txt", n) for n, text in enumerate(texts)
    )
    read = list(flat_search.blocks(Store(tmp_path).open("c")))
    assert max(len(block.row_ids) for block in read) <= 4
    assert len(np.unique(np.concatenate([block.row_ids for block in read]))) == 10
    stored = np.concatenate([block.vectors for block in read])
    expected = encoder.encode(texts)
    assert sorted(map(tuple, stored.tolist())) == sorted(map(tuple, expected.tolist()))
