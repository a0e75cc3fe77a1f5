"""Negatives are near, and no known or probable positives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise.collections.open_collection import open_collection
from likewise.data.records import Record
from likewise.errors import InputError, RecordError
from likewise.training.candidate_sources import CollectionSource, PositivePair, TextSource
from likewise.training.mining import Mined, mine
from likewise.training.mining_settings import MiningSettings
from likewise.training.pair_files import read_pairs

PAIRS = (
    PositivePair("How do I get my money back?", ("You get a refund within thirty days.",)),
    PositivePair("When does the shop open?", ("The shop opens at nine.",)),
)
CORPUS = (
    *(pair.pos[0] for pair in PAIRS),
    "How do I get my money back?",
    "Refunds are paid within thirty days.",
    "You cannot return gift cards.",
    "The shop closes at six.",
    "The cat sleeps on the warm windowsill.",
    "Interest rates were raised by the central bank.",
)
LOOSE = MiningSettings(relative_margin=0.0)


@pytest.fixture(scope="module")
def source(encoder: likewise.Encoder) -> TextSource:
    return TextSource(encoder, CORPUS)


def similar(encoder: likewise.Encoder, query: str, text: str) -> float:
    return float(encoder.encode_query(query) @ encoder.encode_document([text])[0])


def test_negatives_are_the_nearest_below_the_best_positive(
    source: TextSource, encoder: likewise.Encoder
) -> None:
    found = mine(PAIRS, source, LOOSE)
    for pair, row in zip(PAIRS, found.rows, strict=True):
        assert (row.query, row.pos) == (pair.query, pair.pos)
        limit = similar(encoder, pair.query, pair.pos[0])
        scores = {text: similar(encoder, pair.query, text) for text in CORPUS}
        expected = sorted(
            (t for t in CORPUS if t not in {pair.query, *pair.pos} and scores[t] <= limit),
            key=lambda text: -scores[text],
        )
        assert list(row.neg) == expected[:5]
    assert found.report.queries == 2
    assert found.report.candidates == len(CORPUS)
    assert found.report.negatives == sum(len(row.neg) for row in found.rows)


def scores_of(found: Mined, encoder: likewise.Encoder) -> list[list[float]]:
    return [[similar(encoder, row.query, text) for text in row.neg] for row in found.rows]


def test_margins_and_limits(source: TextSource, encoder: likewise.Encoder) -> None:
    best = [similar(encoder, pair.query, pair.pos[0]) for pair in PAIRS]
    for settings, limits in (
        (MiningSettings(margin=0.2, relative_margin=0), [each - 0.2 for each in best]),
        (MiningSettings(relative_margin=0.5), [0.5 * each for each in best]),
        (MiningSettings(relative_margin=0, max_score=0.2), [0.2, 0.2]),
    ):
        found = mine(PAIRS, source, settings)
        assert found.report.left_out["too similar"] > 0
        for scores, limit in zip(scores_of(found, encoder), limits, strict=True):
            assert scores
            assert max(scores) <= limit + 1e-6
    found = mine(PAIRS, source, MiningSettings(min_score=0.2))
    assert all(each >= 0.2 for scores in scores_of(found, encoder) for each in scores)
    assert found.report.left_out["too different"] > 0


def test_ranks_and_random_sampling(source: TextSource) -> None:
    every = mine(PAIRS, source, MiningSettings(negatives=99, relative_margin=0)).rows[1].neg
    later = mine(PAIRS, source, MiningSettings(first_rank=3, last_rank=4, relative_margin=0))
    assert later.rows[1].neg == every[2:4]
    drawn = mine(PAIRS, source, MiningSettings(2, relative_margin=0, sampling="random", seed=1))
    assert drawn == mine(
        PAIRS, source, MiningSettings(2, relative_margin=0, sampling="random", seed=1)
    )
    assert any(row.neg != full.neg[:2] for row, full in zip(
        drawn.rows, mine(PAIRS, source, LOOSE).rows, strict=True))  # fmt: skip


class WordJudge:
    """A cross-encoder that counts words in common, as logits."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        words = set(query.lower().split())
        return np.array([len(words & set(t.lower().split())) - 2 for t in texts], np.float32)


def test_a_cross_encoder_decides(source: TextSource) -> None:
    [row] = mine(PAIRS[1:], source, MiningSettings(relative_margin=0.01), reranker=WordJudge()).rows
    # the positive shares "the shop", and so does this one: as good, so no negative
    assert "The shop closes at six." not in row.neg
    assert set(row.neg[:2]) == set(CORPUS[-2:])  # these share only "the"


def test_known_negatives_stay_and_queries_are_joined(source: TextSource) -> None:
    pairs = [
        PositivePair("When does the shop open?", ("The shop opens at nine.",)),
        PositivePair("When does the shop open?", ("At nine.",), ("The shop closes at six.",)),
    ]
    [row] = mine(pairs, source, MiningSettings(1, relative_margin=0)).rows
    assert row.pos == ("The shop opens at nine.", "At nine.")
    assert row.neg[0] == "The shop closes at six."
    assert len(set(row.neg)) == len(row.neg) == 2


def test_in_a_collection(encoder: likewise.Encoder, tmp_path: Path, source: TextSource) -> None:
    collection = open_collection("c", store=tmp_path, model=encoder, create=True)
    collection.add([Record(text) for text in CORPUS])
    found = mine(PAIRS, CollectionSource(collection, encoder), LOOSE)
    assert [row.neg for row in found.rows] == [row.neg for row in mine(PAIRS, source, LOOSE).rows]


def test_many_blocks_find_what_one_does(
    encoder: likewise.Encoder, source: TextSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mine(PAIRS, source, LOOSE)
    monkeypatch.setattr("likewise.training.candidate_sources.BLOCK", 3)
    assert mine(PAIRS, source, LOOSE).rows == whole.rows


def test_bad_input(source: TextSource, encoder: likewise.Encoder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pairs"):
        mine([], source)
    with pytest.raises(InputError, match="no texts"):
        mine(PAIRS, TextSource(encoder, []))
    with pytest.raises(InputError, match="no range"):
        MiningSettings(first_rank=5, last_rank=4)
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "a", "label": "b"}\n')
    with pytest.raises(InputError, match="no pairs"):
        read_pairs([file])
    file.write_text('{"query": "a", "pos": ["b"]}\n{"query": "c"}\n')
    with pytest.raises(RecordError, match="row 2"):
        read_pairs([file])
    rows = [{"query": "a", "pos": ["b", "c"], "neg": ["d"]}, {"query": "a", "pos": "e", "neg": []}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_pairs([file]) == [PositivePair("a", ("b", "c", "e"), ("d",))]
