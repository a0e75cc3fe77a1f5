"""`--rerank`: another model orders again what the first one found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import likewise as library

Run = Callable[..., Any]
TEXTS = [f"Sentence {n} is about {topic}." for n in range(9) for topic in ("cats", "money", "rain")]


@pytest.fixture
def cross_encoder(tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> Path:
    """One of random weights, with the tokenizer of a tiny checkpoint."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from conftest import tiny_bert

    folder = tiny_checkpoint()
    torch.manual_seed(1)
    network = transformers.BertForSequenceClassification(tiny_bert(num_labels=1))
    for parameter in network.parameters():
        parameter.data += torch.randn_like(parameter) * 0.3
    network.save_pretrained(tmp_path / "cross")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "cross" / name).write_bytes((folder / name).read_bytes())
    return tmp_path / "cross"


def test_rank_again_by_a_cross_encoder(likewise: Run, cross_encoder: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    result = likewise(
        "rank", "cats", str(file), "-k", "5", "--rerank", str(cross_encoder), "--json"
    )
    rows = json.loads(result.stdout)
    expected = library.load_reranker(cross_encoder).rank("cats", TEXTS, 5)
    assert [row["text"] for row in rows] == [hit.text for hit in expected]
    assert [row["score"] for row in rows] == pytest.approx(
        [hit.score for hit in expected], abs=1e-3
    )
    assert [TEXTS[row["line"] - 1] for row in rows] == [row["text"] for row in rows]


def test_rank_again_by_another_model(
    likewise: Run, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    other = tiny_checkpoint(name="other", seed=3)
    result = likewise("rank", "cats", str(file), "-k", "3", "--rerank", str(other), "--json")
    expected = library.load(other).rank("cats", TEXTS, 3)
    assert [row["text"] for row in json.loads(result.stdout)] == [hit.text for hit in expected]


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
    found = [scores[TEXTS.index(hit["text"])] for hit in json.loads(result.stdout)]
    assert found == pytest.approx(sorted(scores, reverse=True)[:5], abs=1e-3)
    assert scores.std() > 0.005
