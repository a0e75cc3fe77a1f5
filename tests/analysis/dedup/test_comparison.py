"""Edited copies, and what texts with similar vectors differ in."""

from __future__ import annotations

import random

import pytest

from likewise import Encoder
from likewise.analysis.dedup.candidates import candidate_pairs
from likewise.analysis.dedup.comparison import Comparison, WordingComparer
from likewise.analysis.dedup.edited_pairs import edited_pairs
from likewise.analysis.dedup.spelling import Vocabulary
from likewise.analysis.dedup.wording import wording
from likewise.progress import no_progress

PASSWORD = "How do I reset the password of my account?"


def compared(encoder: Encoder, left: str, right: str) -> Comparison:
    vocabulary = Vocabulary(encoder.whole_words, [wording(left).words, wording(right).words])
    return WordingComparer([left, right], vocabulary).compare(0, 1)


@pytest.mark.parametrize(
    "copy",
    [
        "How do I reset the pasword of my accuont?",  # two slips
        "how do i rset teh password of my account",
        "HOW DO I RESET THE PASSWORD OF MY ACCOUNT!!",
        "Hi, could you please tell me how do I reset the password of my account? Thanks",
        "Howdo I re set the password of myaccount?",
        "of my account: how do I reset the password?",
        "How do I reset the password of my acc",  # cut off inside a word
        "How do I just reset the password of my account?",
        "How do I reset password of my account?",
    ],
)
def test_edited_copies(encoder: Encoder, copy: str) -> None:
    for pair in ((PASSWORD, copy), (copy, PASSWORD)):
        found = compared(encoder, *pair)
        assert found.edited_from == 0.0
        assert found.differences == ()


@pytest.mark.parametrize(
    "other",
    [
        "How do I reset the password of my router?",
        "How do I reset it?",
        "How do I change the password of my account?",
        "How?",
        "",
    ],
)
def test_other_texts_are_no_copies(encoder: Encoder, other: str) -> None:
    assert compared(encoder, PASSWORD, other).edited_from is None


def test_a_slip_that_makes_a_word_needs_similar_vectors(encoder: Encoder) -> None:
    found = compared(encoder, "I want to insure my cat today", "I want to insure my car today")
    assert found.edited_from == 0.8


@pytest.mark.parametrize(
    ("left", "right", "reasons"),
    [
        ("set a timer for 10 minutes", "set a timer for ten seconds", ["unit: minutes / seconds"]),
        ("ticket 12345", "ticket 1234", ["number: 12345 / 1234"]),
        ("I have 10 cards", "I have 12 cards", ["number: 10 / 12"]),
        ("invoice 12345", "invoice 12346", ["number: 12345 / 12346"]),
        ("book March 1–2 please", "book March 11–18", ["date: 1 2 / 11 18"]),
        ("see you on monday", "see you on friday", ["date: monday / friday"]),
        ("what do i need to change my oil", "what are the steps to change my oil",
         ["question: need / steps"]),
        ("I can log in", "I can't log in", ["negation: – / not"]),
        ("我能登录账户", "我不能登录账户", ["negation: – / 不"]),
        ("我要三张票", "我要两张票", ["number: 3 / 2"]),
        ("how to enable logs", "how to disable logs", ["opposite: enable / disable"]),
        ("turn the light on", "turn the light off", ["opposite: on / off"]),
        ("weather in paris", "weather in london", ["name: paris / london"]),
        ("a note to Ms Kuhlmann today", "a note to Ms Baskin today", ["name: kuhlmann / baskin"]),
        ("convert int to string", "convert string to int", ["order: int … string / string … int"]),
        ("it costs $5", "it costs €5", ["unit: $ / €"]),
    ],
)  # fmt: skip
def test_differences(encoder: Encoder, left: str, right: str, reasons: list[str]) -> None:
    found = compared(encoder, left, right)
    assert [str(difference) for difference in found.differences] == reasons
    assert found.edited_from is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ten cards", "10 cards"),
        ("I do not know", "I don't know"),
        ("this is not correct", "this is incorrect"),
        ("from Boston to Denver", "to Denver from Boston"),
        ("Is the card active?", "The card is active?"),
        ("能不能登录", "能登录"),
        ("will it work or not", "will it work"),
    ],
)
def test_no_difference(encoder: Encoder, left: str, right: str) -> None:
    assert compared(encoder, left, right).differences == ()


def test_pairs_are_the_same_in_any_order_and_few(encoder: Encoder) -> None:
    rng = random.Random(0)
    nouns = ["card", "parcel", "invoice", "password", "refund", "account", "ticket", "order"]
    verbs = ["cancel", "find", "change", "print", "track", "replace", "return", "check"]
    texts = [f"how can I {verb} the {noun} of {rng.randrange(10**6)} customers"
             for verb in verbs for noun in nouns for _ in range(8)]  # fmt: skip
    texts += [text.replace("customers", "custmers") for text in texts[::7]]

    def found(order: list[int]) -> set[frozenset[str]]:
        some = [texts[i] for i in order]
        result = edited_pairs(some, encoder.whole_words, no_progress)
        assert result.compared < len(texts) ** 2 / 4
        return {frozenset((some[i], some[j])) for i, j in result.pairs}

    places = list(range(len(texts)))
    first = found(places)
    rng.shuffle(places)
    assert found(places) == first
    assert len(first) == len(texts[: 8 * 64 : 7])


def test_few_texts_have_few_candidates() -> None:
    assert candidate_pairs([], []).shape == (0, 2)
    assert candidate_pairs([("a",)], ["a"]).shape == (0, 2)
    assert candidate_pairs([("a",), ("b",)], ["a", "b"]).tolist() == [[0, 1]]
