"""Mapped files are read without their pages staying in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from likewise.analysis.memmap import in_blocks, release, reordered
from likewise.analysis.neighbors.graph import own_order


def mapped_bytes() -> int:
    """Memory of this process that is pages of files."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("RssFile:")[1].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory in use")
def test_pages_are_handed_back(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.random.default_rng(0).random((100_000, 256), np.float32))
    vectors = np.load(tmp_path / "v.npy", mmap_mode="r")
    before = mapped_bytes()
    size = vectors.nbytes
    assert sum(int(block.vectors.sum() > 0) for block in in_blocks(vectors)) == 7
    assert mapped_bytes() - before < size / 4
    order = own_order(vectors)
    copy = reordered(vectors, order)
    assert mapped_bytes() - before < size / 4
    assert float(vectors[:].sum()) > 0
    assert mapped_bytes() - before > size * 3 / 4  # what the others avoid
    release(vectors[5:])
    assert mapped_bytes() - before < size / 4
    np.testing.assert_array_equal(copy, vectors[order])


def test_arrays_in_memory_are_read_too() -> None:
    vectors = np.random.default_rng(0).random((20_000, 3), np.float32)
    order = own_order(vectors)
    np.testing.assert_array_equal(reordered(vectors, order), vectors[order])
    np.testing.assert_array_equal(order, np.lexsort(vectors.T))
    np.testing.assert_array_equal(np.concatenate([b.vectors for b in in_blocks(vectors)]), vectors)
    release(vectors)
