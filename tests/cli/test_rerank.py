"""`--rerank`: another model orders again what the first one found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise as library

Run = Callable[..., Any]
TEXTS = [f"Sentence {n} is about {topic}." for n in range(9) for topic in ("cats", "money", "rain")]


def test_rank_again_by_a_cross_encoder(likewise: Run, cross_encoder: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    result = likewise(
        "rank", "cats", str(file), "-k", "5", "--rerank", str(cross_encoder), "--json"
    )
    rows = json.loads(result.stdout)["results"]
    are_the_best(rows, 5, library.load_reranker(cross_encoder).scores("cats", TEXTS))
    assert [TEXTS[row["line"] - 1] for row in rows] == [row["text"] for row in rows]


def test_rank_again_by_another_model(
    likewise: Run, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    other = tiny_checkpoint(name="other", seed=3)
    result = likewise("rank", "cats", str(file), "-k", "3", "--rerank", str(other), "--json")
    rows = json.loads(result.stdout)["results"]
    are_the_best(rows, 3, library.load(other).similarity("cats", TEXTS)[0])


def test_search_again_by_a_cross_encoder(
    likewise: Run, cross_encoder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("lancedb")
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    store = ("--store", str(tmp_path / "store"))
    made = likewise("index", str(file), "--into", "texts", *store)
    assert made.exit_code == 0, made.output
    result = likewise(
        "search", "texts", "cats", "-k", "5", "--rerank", str(cross_encoder), "--json", *store
    )
    assert result.exit_code == 0, result.output
    scores = library.load_reranker(cross_encoder).scores("cats", TEXTS)
    are_the_best(json.loads(result.stdout)["hits"], 5, scores)


def are_the_best(rows: list[dict[str, Any]], count: int, scores: NDArray[np.float32]) -> None:
    """Texts that read alike to a tiny vocabulary score alike, so which of those come is open."""
    assert scores.std() > 0.005
    assert len({row["text"] for row in rows}) == count
    best = np.sort(scores)[::-1][:count]
    for given in ([row["score"] for row in rows], [scores[TEXTS.index(r["text"])] for r in rows]):
        np.testing.assert_allclose(given, best, atol=1e-6)
