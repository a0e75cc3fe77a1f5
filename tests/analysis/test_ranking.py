"""Records are ranked as by the encoder, and their vectors are cached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import Encoder
from likewise.analysis.ranking import CACHED, rank_records
from likewise.data.records import Record
from likewise.errors import EngineError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def tiny(tiny_checkpoint: Callable[..., Path]) -> Encoder:
    return likewise.load(
        tiny_checkpoint(), compute="float32", prompts={"document": "a town ", "query": "in "}
    )


def records(count: int) -> list[Record]:
    return [Record(f"fox {number % 97} over {number} dogs") for number in range(count)]


@pytest.mark.parametrize("count", [1, CACHED - 1, CACHED, CACHED + 40])
@pytest.mark.parametrize("measure", ["cosine", "dot", "euclidean"])
def test_the_ranking_equals_that_of_the_encoder(count: int, measure: str, tiny: Encoder) -> None:
    object.__setattr__(tiny.config, "similarity", measure)
    given = records(count)
    found = rank_records(tiny, "lazy dogs", given, 20)
    expected = tiny.rank("lazy dogs", [record.text for record in given], 20)
    np.testing.assert_allclose(
        [hit.score for hit in found], [hit.score for hit in expected], atol=2e-6
    )
    assert found[0].text == given[found[0].index].text


def test_vectors_of_many_records_are_cached(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    given = records(CACHED)
    first = rank_records(tiny, "lazy dogs", given, 5)

    def only_the_query(encoder: Encoder, sentences: Any, *rest: Any, **options: Any) -> Any:
        assert list(sentences) == ["lazy dogs"]
        return encode_stream(encoder, sentences, *rest, **options)

    encode_stream = Encoder.encode_stream
    monkeypatch.setattr(Encoder, "encode_stream", only_the_query)
    assert rank_records(tiny, "lazy dogs", given, 5) == first


def test_scores_of_nan_are_refused(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = np.full(tiny.dimension, np.nan, np.float32)
    monkeypatch.setattr(type(tiny), "encode_query", lambda *_, **__: nothing)
    with pytest.raises(EngineError, match="gives 3 scores of 3 that are not finite"):
        rank_records(tiny, "fox", records(3))
