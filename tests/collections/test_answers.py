"""Answers: what is quoted, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.collections.answer_type import has_expected_type
from likewise.collections.calibration import Calibration, fitted, own_topics
from likewise.collections.collection import Collection
from likewise.collections.contract import Hit
from likewise.collections.off_topic import language_of, off_topic_questions, question_vectors
from likewise.collections.open_collection import open_collection
from likewise.collections.quotes import best_quotes
from likewise.collections.words import DocumentFrequencies, content_words
from likewise.data.records import Record
from likewise.errors import InputError
from tests.collections.samples import TEXTS

OTHER_TOPICS = (
    "Which planet is the largest?",
    "How do I change the oil of a motorcycle?",
    "Who painted the ceiling of the chapel in Rome?",
    "What is the capital of Mongolia?",
    "how many grams are in an ounce",
    "我怎么申请新护照？",
)


def test_answers_quote_what_is_relevant_and_refuse_the_rest(collection: Collection) -> None:
    answer = collection.ask("Who raised interest rates?")
    assert answer.answerable
    assert answer.quotes[0].text == TEXTS[2]
    assert answer.documents[0].chunks[0].text == TEXTS[2]
    assert answer.false_alarm_rate is not None
    assert answer.false_alarm_rate <= answer.false_alarms
    for question in OTHER_TOPICS:
        refused = collection.ask(question)
        assert not refused.answerable, question
        assert refused.quotes == ()
        assert refused.documents
        assert collection.ask(question, false_alarms=1).quotes


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.5])
def test_a_false_alarm_rate_out_of_range(collection: Collection, rate: float) -> None:
    with pytest.raises(InputError, match="out of range"):
        collection.ask("Who raised interest rates?", false_alarms=rate)


def test_an_empty_collection_answers_nothing(tmp_path: Path, encoder: likewise.Encoder) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    answer = made.ask("Who raised interest rates?", false_alarms=1)
    assert not answer.answerable
    assert answer.false_alarm_rate is None


def test_the_calibration_is_stored_and_follows_the_collection(
    tmp_path: Path, encoder: likewise.Encoder
) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add(Record(text, source="/a.txt", line=n) for n, text in enumerate(TEXTS))
    first = made.manifest.calibrations["en"]
    assert first.questions == len(off_topic_questions("en"))
    assert first.chunks == len(TEXTS)
    opened = open_collection("c", store=tmp_path, model=encoder)
    assert opened.manifest.calibrations == made.manifest.calibrations
    made.remove([made.search("guitar", 1)[0].id])
    assert made.manifest.calibrations["en"].changed == 1
    made.add([Record("A planet is round.", source="/b.txt")])
    assert made.manifest.calibrations["en"].changed == 0
    made.undo()
    made.undo()
    made.undo()
    assert made.manifest.calibrations == {}


def test_an_answer_says_nothing_twice(tmp_path: Path, encoder: likewise.Encoder) -> None:
    texts = (
        "You get a refund within thirty days.",
        "YOU GET A REFUND, within the thirty days!",
        "You  get refunds within thirty days",
        "You get a refund within 30 days.",
        "You do not get a refund within thirty days.",
        "Rates were raised.",
    )
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add(Record(text, source=f"/{n}.txt", line=1) for n, text in enumerate(texts))
    answer = made.ask("When do I get a refund?", false_alarms=1, quotes=9)
    quoted = [quote.text for quote in answer.quotes]
    assert len(quoted) == 4
    assert {texts[3], texts[4], texts[5]} < set(quoted)  # a number and a "not" are no repeats


def quoted(question: str, *hits: Hit) -> list[str]:
    words = DocumentFrequencies.of(hit.text for hit in hits).weighted(question)
    return [quote.text for quote in best_quotes(question, hits, {}, words, 0.07)]


def test_a_sentence_that_is_cut_is_not_quoted_beside_the_whole() -> None:
    def hit(text: str, name: str) -> Hit:
        return Hit(name, text, 0.9 - len(text) / 1000, "cosine", 0.9 - len(text) / 1000)

    whole = "The parcel is sent back within thirty days of its arrival."
    part = "within thirty days of its arrival."
    assert len(quoted("When?", hit(whole, "a.0"), hit(part, "a.1"))) == 1
    assert len(quoted("When?", hit(whole, "a.0"), hit(part, "b.1"))) == 2


def test_a_sentence_that_can_answer_comes_first() -> None:
    text = "The tower was planned for long. The tower was opened in 1889. The tower is high."
    hit = Hit("a", text, 0.5, "cosine", 0.5)
    assert quoted("When was the tower opened?", hit)[0] == "The tower was opened in 1889."


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("When was it built?", "It was built in 1889.", True),
        ("When was it built?", "It was built of iron.", False),
        ("How many people came?", "Only twelve came.", True),
        ("How many people came?", "Only few came.", False),
        ("Who built it?", "It was built by Gustave Eiffel.", True),
        ("Where is Eiffel from?", "There lived Eiffel for long.", False),
        ("它是什么时候建成的？", "它建成于1889年。", True),
        ("它有多少层？", "它有三层。", True),
        ("Why was it built?", "For a fair.", None),
    ],
)
def test_expected_types(question: str, sentence: str, expected: bool | None) -> None:
    assert has_expected_type(question, sentence) is expected


def test_the_fit_finds_the_distribution_in_spite_of_outliers() -> None:
    drawn = np.random.default_rng(0).gumbel(1.0, 0.5, 4000)
    location, scale = fitted(np.sort(drawn)[-1200:], len(drawn))
    assert location == pytest.approx(1.0, abs=0.15)
    assert scale == pytest.approx(0.5, abs=0.06)
    fit = Calibration(0.0, 1.0, location, scale, len(drawn))
    for rate in (0.005, 0.01, 0.05):
        assert np.mean(drawn >= fit.threshold(rate)) == pytest.approx(rate + 0.0025, rel=0.35)
        assert fit.false_alarm_rate(fit.threshold(rate)) == pytest.approx(rate)
    outliers = np.concatenate([drawn, np.full(20, 30.0)])
    moved, _ = fitted(np.sort(outliers)[-1200:], len(outliers))
    assert moved == pytest.approx(location, abs=0.1)


def test_topics_of_the_collection_are_left_out() -> None:
    drawn = np.random.default_rng(0).gumbel(0.0, 1.0, 500)
    topics = np.array([f"topic {n % 50}" for n in range(500)])
    assert own_topics(drawn, topics) == []
    drawn[topics == "topic 7"] += 8
    drawn[topics == "topic 9"] += 8
    assert sorted(own_topics(drawn, topics)) == ["topic 7", "topic 9"]


def test_a_collection_about_one_of_the_topics(tmp_path: Path, encoder: likewise.Encoder) -> None:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add([
        "A card that is declined at a supermarket can be unblocked in the app of the bank.",
        "A bank transfer takes two days, on the weekend three; a transfer abroad costs a fee.",
        "A lost debit card or credit card is blocked by telephone. Its limit can be raised.",
        "A savings account for a child is opened at a branch, a checking account online.",
        "A standing order can be cancelled online. The account number is on the card.",
        "The nearest cash machine is shown in the app. An account charged twice is refunded.",
    ])  # fmt: skip
    assert "banking" in made.manifest.calibrations["en"].topics
    assert made.ask("How do I block a lost debit card?").answerable
    assert not made.ask("How do I get rid of slugs in the garden?").answerable


def test_refused_questions_are_estimated() -> None:
    fit = Calibration(0.0, 1.0, 0.0, 1.0, 500, own=(-1.0, 2.0, 9.0, 10.0))
    assert fit.refused(0.01) == 0.5
    assert fit.refused(1.0) == 0.0
    assert Calibration(0.0, 1.0, 0.0, 1.0, 500).refused(0.01) is None


def test_off_topic_questions_are_encoded_once(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path))
    counted: list[int] = []

    @contextmanager
    def progress(total: int | None, *, title: str, unit: str = "texts") -> Iterator[Any]:
        assert (total, title, unit) == (len(off_topic_questions("zh")), title, "texts")
        yield counted.append

    first = question_vectors(encoder, "zh", progress)
    assert first.shape == (len(off_topic_questions("zh")), encoder.dimension)
    assert len(counted) > 2
    assert sum(counted) == len(first)
    [file] = (tmp_path / "off-topic").iterdir()
    np.save(file, np.ones_like(first))
    counted.clear()
    np.testing.assert_array_equal(question_vectors(encoder, "zh", progress), np.ones_like(first))
    assert counted == []
    file.write_bytes(b"damaged")
    np.testing.assert_allclose(question_vectors(encoder, "zh"), first, atol=1e-6)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_off_topic_questions_are_many_and_different(language: str) -> None:
    questions = off_topic_questions("zh" if language == "zh" else "en")
    assert len(set(questions)) == len(questions) >= 250
    assert {language_of(question) for question in questions} == {language}


def test_words_match_in_their_forms() -> None:
    assert set(content_words("The banks raised rates")) & set(content_words("raising a rate"))
    assert set(content_words("中国人民银行")) & set(content_words("人民"))
    frequencies = DocumentFrequencies.of(["the cat", "the dog", "the bird"])
    words = frequencies.weighted("Is the cat black?")
    assert 0 < words.coverage(content_words("a cat")) < words.coverage(content_words("a black cat"))
    assert words.coverage(content_words("a black cat")) < 1
