"""The scores of the published checkpoint, and how they are computed."""

from __future__ import annotations

from pathlib import Path

import pytest

import likewise
from benchmarks.faithful import TASKS, TOLERANCE, ndcg, published


def test_ndcg_by_hand() -> None:
    assert ndcg(["a", "b", "c"], {"a": 1}) == 1
    assert ndcg(["b", "a", "c"], {"a": 1}) == pytest.approx(0.63093, abs=1e-5)
    assert ndcg(["a", "x", "b"], {"a": 1, "b": 1}) == pytest.approx(0.91972, abs=1e-5)
    assert ndcg(["x", "y"], {"a": 1}) == 0
    assert ndcg(["x"] * 9 + ["a"], {"a": 1, "b": 2}) == pytest.approx(
        0.28906 / (2 + 0.63093), abs=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("task", ["STSBenchmark", "STS12"])
def test_float32_gives_the_published_score(
    task: str, encoder: likewise.Encoder, shared_data: Path
) -> None:
    score = TASKS[task](encoder, shared_data).score
    assert score == pytest.approx(published(shared_data)[task], abs=TOLERANCE)
