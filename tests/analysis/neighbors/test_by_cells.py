"""The kNN graph made by cells on an executor is the one that is made in one process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from likewise.analysis.neighbors import by_cells, ivf
from likewise.errors import OutputError
from likewise.executor import LocalExecutor
from likewise.progress import Progress
from likewise.vectors import Matrix, normalize
from tests.analysis.shuffled import ShuffledExecutor


class Counting(Progress):
    def __init__(self) -> None:
        self.done = 0

    def __call__(self, done: int) -> None:
        self.done += done


@pytest.fixture(scope="module")
def vectors() -> Matrix:
    rng = np.random.default_rng(3)
    centers = rng.normal(size=(60, 24))
    noise = rng.normal(size=(6000, 24))
    return normalize((centers[rng.integers(60, size=6000)] + 0.6 * noise).astype(np.float32))


def test_the_graph_is_the_same(
    vectors: Matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_cells, "ROWS", 500)
    expected = ivf.search(vectors, 8, Progress())
    for executor in (LocalExecutor(), ShuffledExecutor()):
        counted = Counting()
        found = by_cells.search_on(executor, tmp_path, vectors, 8, counted)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_allclose(found.similarities, expected.similarities, atol=1e-6)
        assert found.recall == expected.recall < 1
        assert counted.done == 6000
    assert not list(tmp_path.iterdir())


def test_a_worker_that_does_not_see_the_folder(vectors: Matrix, tmp_path: Path) -> None:
    class Elsewhere(LocalExecutor):
        def run(self, work, tasks):  # type: ignore[no-untyped-def]
            (tmp_path / "neighbors").rename(tmp_path / "elsewhere")
            return super().run(work, tasks)

    with pytest.raises(OutputError, match="a worker cannot read") as found:
        by_cells.search_on(Elsewhere(), tmp_path, vectors, 8, Progress())
    assert "LIKEWISE_CACHE" in found.value.hint
