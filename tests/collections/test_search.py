"""Searching: by meaning and words, in Chinese and Japanese, reranked, diverse, explained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise import vectors
from likewise.collections.collection import Collection
from likewise.collections.contract import Mode
from likewise.collections.explain import similarity_distribution
from likewise.collections.open_collection import open_collection
from likewise.data.records import Record
from likewise.errors import InputError, RecordNotFoundError

TEXTS = (
    "A man is playing a guitar on stage.",
    "A woman plays the guitar in a café.",
    "The guitar was invented in Spain.",
    "Running every day keeps the heart healthy.",
    "Cardiac arrest is treated by defibrillation at once.",
    "The central bank raised interest rates again.",
    "今天天气很好，我们去公园散步。",
    "北京大学的图书馆很安静。",
    "東京で寿司を食べました。",
    "Invoices are sent on the first day of the month.",
)


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory, encoder: likewise.Encoder) -> Collection:
    made = open_collection("c", store=tmp_path_factory.mktemp("s"), model=encoder, create=True)
    made.add(Record(text, {"n": n}, "/a.txt", n) for n, text in enumerate(TEXTS))
    return made


def test_meaning_agrees_with_the_encoder(collection: Collection, encoder: likewise.Encoder) -> None:
    for query in ("someone makes music", "heart attack", "bill"):
        wanted = encoder.rank(query, TEXTS, top_k=4)
        hits = collection.search(query, 4)
        assert [hit.text for hit in hits] == [ranked.text for ranked in wanted]
        assert [h.score for h in hits] == pytest.approx([r.score for r in wanted], abs=1e-5)
        assert {hit.measure for hit in hits} == {"cosine"}


@pytest.mark.parametrize(
    ("query", "found"),
    [("run", 3), ("天气", 6), ("图书馆", 7), ("寿司", 8), ("invoice", 9), ("CAFE", 1)],
)
def test_words_are_found_in_each_language(collection: Collection, query: str, found: int) -> None:
    hits = collection.search(query, mode="keyword")
    assert [hit.text for hit in hits] == [TEXTS[found]]
    assert hits[0].measure == "bm25"
    assert hits[0].similarity is None


def test_hybrid_weighs_similarity_and_words(collection: Collection) -> None:
    query = "guitar in Spain"
    semantic = {hit.id: hit.score for hit in collection.search(query, 50)}
    keyword = {hit.id: hit.score for hit in collection.search(query, 50, mode="keyword")}
    low, high = min(semantic.values()), max(semantic.values())
    hits = collection.search(query, 50, mode="hybrid")
    assert len(hits) == len(semantic)
    for hit in hits:
        words = keyword.get(hit.id, 0.0) / max(keyword.values())
        expected = 0.6 * (semantic[hit.id] - low) / (high - low) + 0.4 * words
        assert hit.score == pytest.approx(expected, abs=1e-5)
        assert hit.measure == "hybrid"
        assert hit.similarity == pytest.approx(semantic[hit.id], abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize(
    ("query", "found", "corrections"),
    [
        ("the hart of a gutar", {0, 1, 2, 3}, {"gutar": "guitar", "hart": "heart"}),
        ("Cardaic", {4}, {"cardaic": "cardiac"}),
        ("defibrilation", {4}, {}),  # has the same stem
        ("invocies", {9}, {"invocies": "invoices"}),
        ("图书倌", {7}, {"图书倌": "图书馆"}),
        ("zebra", set(), {}),
        ("guitar", {0, 1, 2}, {}),
    ],
)
def test_words_with_typing_errors_are_found(
    collection: Collection, query: str, found: set[int], corrections: dict[str, str]
) -> None:
    assert collection.corrections(query) == corrections
    hits = collection.search(query, mode="keyword")
    assert {hit.text for hit in hits} >= {TEXTS[n] for n in found}
    if not found:
        assert hits == []


@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_an_explanation_has_the_ranks_and_words_of_a_hit(
    collection: Collection, mode: Mode
) -> None:
    query = "gutar in Spain"
    semantic = [
        hit.id
        for hit in collection.search(
            "gutar in Spain" if mode == "semantic" else "guitar in Spain", 10
        )
    ]
    keyword = collection.search("Spain in" if mode == "semantic" else query, 10, mode="keyword")
    bm25 = {hit.id: hit.score for hit in keyword}
    hits = collection.search(query, 10, mode=mode, explain=True)
    plain = collection.search(query, 10, mode=mode)
    assert [hit.id for hit in hits] == [hit.id for hit in plain]
    assert all(hit.explanation is None for hit in plain)
    for rank, hit in enumerate(hits, 1):
        why = hit.explanation
        assert why is not None
        assert why.semantic_rank == semantic.index(hit.id) + 1
        ranks = [one.id for one in keyword]
        assert why.keyword_rank == (ranks.index(hit.id) + 1 if hit.id in ranks else None)
        assert why.keyword_score == pytest.approx(bm25.get(hit.id, 0.0), abs=1e-4)
        assert sum(word.score for word in why.words) == pytest.approx(why.keyword_score, abs=1e-3)
        assert (why.first_rank, why.first_score) == (rank, hit.score)
        assert {word.word: word.found_as for word in why.words} == {
            "gutar": "gutar" if mode == "semantic" else "guitar", "in": "in", "spain": "spain",
        }  # fmt: skip
        idf = [word.idf for word in why.words]
        assert idf == sorted(idf, reverse=True)


def test_near_duplicates_are_folded_and_numbers_are_not(
    tmp_path: Path, encoder: likewise.Encoder
) -> None:
    texts = (
        "You get a refund within thirty days of the purchase.",
        "You get a refund within thirty days of the purchase!",
        "You get a refund within 30 days of the purchase.",
        "You get a refund within 60 days of the purchase.",
        "You do not get a refund within thirty days of the purchase.",
        "Rates were raised.",
    )
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add(Record(text, source=f"/{n}.txt", line=1) for n, text in enumerate(texts))
    plain = made.search("refund within thirty days of the purchase", 6)
    hits = made.search("refund within thirty days of the purchase", 6, fold_duplicates=True)
    assert {hit.text for hit in hits} == {hit.text for hit in plain} - {
        hit.text for hit in plain if hit.text in texts[:2] and hit.id != hits[0].id
    }
    assert len(hits) == 5
    [folded] = [hit for hit in hits if hit.folded]
    assert folded.text in texts[:2]
    assert folded.folded == tuple(
        hit.id for hit in plain if hit.text in texts[:2] and hit.id != folded.id
    )
    assert len(made.search("refund", 5, fold_duplicates=True)) == 5  # more are looked at


def test_a_document_comes_with_its_best_chunks(tmp_path: Path, encoder: likewise.Encoder) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True, chunk_tokens=32)
    long = " ".join(f"The guitar number {n} was played on stage by a man." for n in range(30))
    made.add([Record(long), Record("A guitar."), Record("Rates were raised.")])
    plain = [hit.id for hit in made.search("guitar on a stage", len(made)) if hit.chunks > 1]
    hits = made.search("guitar on a stage", 3, by_document=True, highlight=True)
    [best] = [hit for hit in hits if hit.further]
    assert [best.id, *(hit.id for hit in best.further_hits)] == plain[:3]
    assert best.further == len(plain) - 1
    assert all(hit.best is not None for hit in best.further_hits)
    alone = made.search("guitar", 3, by_document=True, chunks_per_document=1)
    assert all(hit.further_hits == () for hit in alone)
    assert [hit["id"] for hit in best.to_dict()["further_hits"]] == plain[1:3]


def test_conditions_hold_and_bad_ones_are_told(collection: Collection) -> None:
    for mode in ("semantic", "keyword", "hybrid"):
        hits = collection.search("guitar", mode=mode, where="n BETWEEN 1 AND 2")
        assert {hit.fields["n"] for hit in hits} == {1, 2}
    with pytest.raises(InputError, match="condition") as caught:
        collection.search("guitar", where="colour = 1")
    assert "n" in caught.value.hint.split(", ")


def test_more_like_leaves_the_record_itself_out(collection: Collection) -> None:
    [origin] = collection.search("A man is playing a guitar on stage.", 1)
    hits = collection.more_like(origin.id, 2)
    assert {hit.text for hit in hits} == {TEXTS[1], TEXTS[2]}
    with pytest.raises(RecordNotFoundError, match="no record"):
        collection.more_like("0" * 16)


def test_another_model_orders_the_hits(collection: Collection) -> None:
    class Shortest:
        def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
            assert (query, len(texts)) == (
                "anything",
                len(TEXTS),
            )  # more candidates than are asked for
            return np.array([-len(text) for text in texts], np.float32)

    hits = collection.search("anything", 3, rerank=Shortest())
    assert [len(hit.text) for hit in hits] == sorted(map(len, TEXTS))[:3]
    assert {hit.measure for hit in hits} == {"rerank"}


@pytest.mark.parametrize("chunk_tokens", [0, 32])
@pytest.mark.parametrize("mode", ["semantic", "keyword"])
def test_a_reranker_reads_what_was_encoded(
    tmp_path: Path, encoder: likewise.Encoder, chunk_tokens: int, mode: Mode
) -> None:
    records = [
        Record("A man plays the guitar. " * 20, title="Music 音乐"),  # several chunks
        Record("A man plays the guitar.", title="internationalization of music " * 9),  # cut
        Record("The guitar", title="short enough"),
        Record("A guitar without any title."),
    ]
    made = open_collection(
        "c", store=tmp_path, model=encoder, create=True, chunk_tokens=chunk_tokens
    )
    read = [part.model_input for part in made.manifest.split(records, encoder)]
    assert len(read) > len(records) if chunk_tokens else len(read) == len(records)
    made.add(records)
    scored: list[str] = []

    class Recording:
        def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
            assert query == "guitar"
            scored.extend(texts)
            return np.zeros(len(texts), np.float32)

    made.search("guitar", mode=mode, rerank=Recording())
    assert sorted(scored) == sorted(read)


def test_diversity_avoids_repetition(collection: Collection) -> None:
    plain = [hit.text for hit in collection.search("guitar", 3)]
    diverse = [hit.text for hit in collection.search("guitar", 3, diversity=0.6)]
    assert sum("guitar" in text for text in plain) == 3
    assert sum("guitar" in text for text in diverse) < 3


def test_a_percentile_counts_random_pairs() -> None:
    drawn = np.random.default_rng(0).standard_normal((300, 16)).astype(np.float32)
    known = similarity_distribution(drawn, "cosine")
    assert known is not None
    pairs = vectors.cosine(drawn, drawn)[np.triu_indices(300, 1)]
    for score in (-0.3, 0.0, 0.2, 0.5):
        assert known.percentile(score) == pytest.approx(100 * (pairs < score).mean(), abs=0.6)
    assert similarity_distribution(np.repeat(drawn[:1], 5, axis=0), "cosine") is None


@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_hits_by_document_are_the_best_of_each(
    tmp_path: Path, encoder: likewise.Encoder, mode: Mode
) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True, chunk_tokens=32)
    long = "The guitar was played on stage all night long by a man. " * 150
    made.add([Record(long), *(Record(f"A guitar, number {n}.") for n in range(12))])
    plain = made.search("guitar on a stage", len(made), mode=mode)
    hits = made.search("guitar on a stage", 8, mode=mode, by_document=True)
    order = list(dict.fromkeys(hit.record for hit in plain))
    assert len(plain) > 60  # more of the long one than are looked at first
    assert [hit.record for hit in hits] == order[:8]
    by_record = {hit.record: hit for hit in reversed(plain)}
    assert [hit.id for hit in hits] == [by_record[record].id for record in order[:8]]
    assert sum(hit.further or 0 for hit in hits) == max(hit.further or 0 for hit in hits) > 40
    assert made.search("guitar", 1, mode=mode)[0].further is None
    if mode == "semantic":
        alike = made.more_like(hits[-1].id, 8, by_document=True)
        assert len({hit.record for hit in alike}) == 8


def test_recommendations_say_why_and_avoid_what_is_disliked(collection: Collection) -> None:
    ids = {hit.text: hit.id for hit in collection.search("x", 10)}
    liked = [ids[TEXTS[0]], ids[TEXTS[4]]]
    found = collection.recommend(liked, k=3)
    assert {item.hit.text for item in found} >= {TEXTS[1], TEXTS[3]}
    because = {item.hit.text: item.because.text for item in found}
    assert because[TEXTS[1]] == TEXTS[0]
    assert because[TEXTS[3]] == TEXTS[4]
    without = collection.recommend(liked, [ids[TEXTS[2]]], k=10)
    assert all("guitar" not in item.hit.text or item.hit.text == TEXTS[1] for item in without)
    with pytest.raises(InputError, match="both"):
        collection.recommend(liked, liked[:1])


def test_diverse_recommendations_avoid_repetition(collection: Collection) -> None:
    ids = {hit.text: hit.id for hit in collection.search("x", 10)}
    plain = collection.recommend([ids[TEXTS[0]]], k=3)
    diverse = collection.recommend([ids[TEXTS[0]]], k=3, diversity=0.7)
    assert {item.hit.measure for item in plain} == {"preference"}
    assert sum("guitar" in item.hit.text for item in plain) == 2
    assert sum("guitar" in item.hit.text for item in diverse) < 2
    for item in plain:
        [vector] = collection.search(item.hit.text, 1)
        assert vector.id == item.hit.id


def test_many_queries_at_once_find_what_each_finds_alone(collection: Collection) -> None:
    queries = ["music", "money", "food"]
    together = list(collection.search_batch(queries, 3))
    assert together == [collection.search(query, 3) for query in queries]
