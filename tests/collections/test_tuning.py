"""Indexes: their recall, its estimate, and the queries to the store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lancedb.background_loop import BackgroundEventLoop
from lancedb.index import HnswPq

import likewise
from likewise import vectors
from likewise.collections import lance_query, tuning
from likewise.collections.contract import MODES, Hit, Index
from likewise.collections.open_collection import open_collection
from likewise.data.records import Record
from likewise.results import Encoded


class Points:
    """A model whose vectors are written in its texts: clusters, as real ones are."""

    name = reference = "points"
    compute, dimension, fingerprint = "float32", 32, "1" * 32
    similarity_fn_name, max_seq_length = "cosine", 256

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        centres = rng.standard_normal((40, 32))
        drawn = centres[rng.integers(40, size=4000)] + 0.7 * rng.standard_normal((4000, 32))
        self.drawn = drawn.astype(np.float32)

    def role_prompt(self, _: str) -> None:
        """It has no prompts."""

    def encode_query(self, texts: list[str]) -> np.ndarray:
        return self.drawn[: len(texts)]

    encode_document = encode_query

    def encode_stream(self, texts: Iterator[str], **_: object) -> Iterator[Encoded]:
        while listed := list(islice(texts, 500)):
            ones = np.ones(len(listed), np.int64)
            places = [int(text.split()[-1]) for text in listed]
            yield Encoded(listed, self.drawn[places], ones, ones)


@pytest.mark.parametrize("kind", sorted(tuning.KINDS))
def test_an_index_reaches_its_target_and_tells_the_truth(tmp_path: Path, kind: str) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    result = made.add([Record(str(n), source="/p", line=n) for n in range(4000)], kind=kind)
    assert result.index.kind == kind
    assert result.index.recall >= 0.97
    asked = model.drawn[:400]
    exact = vectors.top_k(vectors.cosine(asked, model.drawn), 10).indices
    found = [[hit.line for hit in made.search_vector(v, 10)] for v in asked]
    recall = np.mean([len({*a} & {*b}) / 10 for a, b in zip(found, exact.tolist(), strict=True)])
    assert recall >= 0.96
    filtered = made.search_vector(model.drawn[0], 10, where="line % 400 = 0")
    assert len(filtered) == 10  # also where a filter leaves few in the partitions looked into


@pytest.mark.parametrize("own", [1, 0])
def test_reported_recall_is_that_of_a_search_for_ten(tmp_path: Path, own: int) -> None:
    """Of a way too weak for these vectors, so that there is something to miss."""
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    made.add([Record(str(n), source="/p", line=n) for n in range(4000)], kind="hnsw_pq")
    way = Index("hnsw_pq", probes=32, ef=400, refine=4)
    asked = model.drawn[:400] if own else tuning.out_of_sample_queries(model.drawn, 400)
    exact = vectors.top_k(vectors.cosine(asked, model.drawn), 10)
    group = tuning.Sample(asked, exact.scores[:, -1], own)
    measured_recall = tuning.measured(made._table, way, [group], "cosine").recall
    others = []
    for query, true in zip(asked, exact.indices.tolist(), strict=True):
        search = tuning.vector_question(query, 10, way, measure="cosine", columns=["line"])
        found = lance_query.answer(made._table, search)["line"].to_pylist()
        others.append((len({*found} & {*true}) - own) / (10 - own))
    assert measured_recall == pytest.approx(np.mean(others), abs=1e-3)
    assert measured_recall < 0.99


def test_reported_recall_is_that_of_the_harder_queries(tmp_path: Path) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    made.add([Record(str(n), source="/p", line=n) for n in range(4000)], kind="hnsw_pq")
    way = Index("hnsw_pq", probes=1, ef=60, refine=2)
    groups = tuning.samples(made._table, "cosine")
    outside, chunks = (
        tuning.measured(made._table, way, [group], "cosine").recall for group in groups
    )
    assert outside < chunks
    assert tuning.measured(made._table, way, groups, "cosine").recall == outside


def test_outside_are_spread_as_the_chunks_are() -> None:
    chunks = Points().drawn * np.arange(1, 33, dtype=np.float32) + 3
    drawn = tuning.out_of_sample_queries(chunks.astype(np.float32), 20_000)
    assert drawn.dtype == np.float32
    assert np.allclose(drawn.mean(axis=0), chunks.mean(axis=0), atol=0.5)
    assert np.allclose(drawn.std(axis=0), chunks.std(axis=0), rtol=0.05)


@pytest.mark.parametrize("kind", ["exact", "ivf_rq", "hnsw_sq"])
def test_both_ways_to_ask_the_store_give_the_same(tmp_path: Path, kind: str) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    made.add([Record(str(n), source="/p", line=n) for n in range(4000)], kind=kind)
    way, columns = made.manifest.index, ["id", "text", "vector"]
    questions = [
        tuning.vector_question(
            model.drawn[place], 10, way, measure="cosine", columns=columns, where=where
        )
        for place in (5, 6)
        for where in (None, "(line % 7 = 0)")
    ]
    questions += [
        lance_query.Question([*columns, "_score"], 10, where, words="17 18")
        for where in (None, "(line < 18)")
    ]
    questions.append(lance_query.Question(columns, where="line IN (3, 4)"))
    assert lance_query._inner(made._table) is not None
    publicly = [lance_query.answer_publicly(made._table, question) for question in questions]
    for found in (
        [lance_query.answer(made._table, question) for question in questions],
        lance_query.answers(made._table, questions),
    ):
        for one, other in zip(found, publicly, strict=True):
            assert len(one)
            assert one.sort_by("id").equals(other.sort_by("id"))


def test_without_its_inner_parts_the_store_is_asked_publicly(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add(["A man plays the guitar.", "The bank raised its rates.", "A dog runs."])

    def everything() -> list[list[Hit]]:
        found = [made.search("dog", 2, mode=mode, where="line = 0") for mode in MODES]
        return [*found, made.more_like(found[0][0].id), made.get([found[0][0].id])]

    before = everything()
    monkeypatch.delattr(BackgroundEventLoop, "run")  # as a later version might
    assert lance_query._inner(made._table) is None
    monkeypatch.undo()
    monkeypatch.setattr(lance_query, "_inner", lambda _: None)
    assert everything() == before


def test_an_index_that_no_longer_finds_enough_is_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that has codes too coarse for what has come."""
    cheap = tuning.IndexKind("HnswSq", tuning.KINDS["hnsw_sq"].settings[:3])
    monkeypatch.setattr(tuning, "KINDS", {"hnsw_sq": cheap})
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    made.add([Record(str(n), source="/p", line=n) for n in range(4000)], kind="hnsw_sq")
    good = made.manifest.index
    coarse = HnswPq(distance_type="cosine", num_sub_vectors=1)
    made._table.create_index("vector", config=coarse, replace=True)
    assert tuning.tune(made._table, "hnsw_sq", "cosine", 0.97) is None
    kept = tuning.up_to_date(
        made._table, good, "hnsw_sq", 0.97, changed=4000, measure="cosine", storage="float32"
    )
    assert (kept.kind, kept.recall >= 0.97) == ("hnsw_sq", True)
    assert tuning.tune(made._table, "hnsw_sq", "cosine", 0.97) is not None


def test_an_index_is_measured_again_when_enough_has_changed(tmp_path: Path) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)

    def add(count: int, **wishes: Any) -> Index:
        listed = [Record(str(n), source="/p", line=n) for n in range(count)]
        return made.add(listed, **wishes).index

    first = add(3700, kind="ivf_rq")
    few = add(3850)
    assert (few.changed, few.recall, few.milliseconds) == (150, first.recall, first.milliseconds)
    assert made.remove([hit.id for hit in made.search_vector(model.drawn[0], 30)]) == 30
    assert made.manifest.index == replace(few, changed=180)
    many = add(3900)  # those that were removed come back as well
    assert (many.kind, many.rows, many.changed) == ("ivf_rq", 3700, 0)


def test_what_a_stopped_run_has_written_counts_as_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    listed = [Record(str(n), source="/p", line=n) for n in range(3600)]
    made.add(listed[:2500], kind="ivf_rq")

    def stopped() -> Iterator[Record]:
        yield from listed
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.add(stopped())
    made.refresh()
    assert len(made) == 3500  # in lots of 500, and the last one was not full
    tuned: list[str] = []
    tune = tuning.tune

    def recorded_tune(*arguments: Any) -> Index | None:
        tuned.append("again")
        return tune(*arguments)

    monkeypatch.setattr(tuning, "tune", recorded_tune)
    resumed = made.add(listed)  # little is left to write
    assert (resumed.added, resumed.index.changed, tuned) == (100, 0, ["again"])
    made.add(listed)
    assert tuned == ["again"]


def test_the_index_that_was_asked_for_stays_until_another_is(tmp_path: Path) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    listed = [Record(str(n), source="/p", line=n) for n in range(2000)]
    made.add(listed[:1000], kind="hnsw_sq", target=0.99)
    after = made.add(listed).index
    assert (after.kind, after.target, after.asked) == ("hnsw_sq", 0.99, "hnsw_sq")
    made.remove([made.search_vector(model.drawn[0], 1)[0].id])
    assert made.manifest.index.kind == "hnsw_sq"
    assert made.add(listed, target=0.98).index.target == 0.98
    exact = made.add(listed, kind="auto").index  # which so few need no more than
    assert (exact.kind, exact.asked, exact.target) == ("exact", "auto", 0.98)
    assert len(made.log()) == 5


def test_an_absent_title_is_null_in_the_store_and_empty_in_a_hit(tmp_path: Path) -> None:
    model: Any = Points()
    made = open_collection("p", store=tmp_path, model=model, create=True, chunk_tokens=0)
    made.add([Record("1", source="/p", line=1), Record("2", title="Two", source="/p", line=2)])
    (without,) = made.search_vector(model.drawn[1], 5, where="title IS NULL")
    assert (without.text, without.title) == ("1", "")
    (titled,) = made.search_vector(model.drawn[1], 5, where="title = 'Two'")
    assert titled.title == "Two"


def test_the_store_keeps_its_warnings_to_itself(tmp_path: Path) -> None:
    """In a separate process: the store reads its settings once."""
    script = """if True:
        import sys, numpy as np, pyarrow as pa
        from likewise.collections.store import Store
        schema = pa.schema([("id", pa.string()), ("vector", pa.list_(pa.float32(), 4))])
        table = Store(sys.argv[1]).create("w", schema)
        table.add([{"id": "a", "vector": [1.0, 2.0, 3.0, 4.0]}])
        asked = table.search(np.ones(4, np.float32), vector_column_name="vector").select(["id"])
        print(asked.to_list())  # without the distance the store warns
    """
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "'id': 'a'" in done.stdout
    assert done.stderr == ""
