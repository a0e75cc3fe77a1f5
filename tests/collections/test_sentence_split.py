"""Sentences: abbreviations, lists, headings, wrapped lines, Chinese."""

from __future__ import annotations

import pytest

from likewise.collections.sentence_split import quotable, sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("今天很好。我们走吧！ 3.14 is pi", ["今天很好。", "我们走吧！", "3.14 is pi"]),
        ("Dr. A. B. Smith met us. We left.", ["Dr. A. B. Smith met us.", "We left."]),
        ("It cost 3.5 million. See Fig. 3.", ["It cost 3.5 million.", "See Fig. 3."]),
        ("It ended at 5 p.m. Then we left.", ["It ended at 5 p.m.", "Then we left."]),
        ("The U.S. Navy came, e.g. Ohio.", ["The U.S. Navy came, e.g. Ohio."]),
        ("They sell apples, pears etc. in May.", ["They sell apples, pears etc. in May."]),
        ("It was so.[12] Next.", ["It was so.[12]", "Next."]),
        ('"Go!" she said. "Why?"', ['"Go!" she said.', '"Why?"']),
        ("1. Open it. Wait.\n2. Close it", ["1. Open it.", "Wait.", "2. Close it"]),
        ("# Title\n\n- one\n- two", ["# Title", "- one", "- two"]),
        (
            "A long line that somebody has wrapped in its middle\nContinues here. End.",
            ["A long line that somebody has wrapped in its middle\nContinues here.", "End."],
        ),
        ("short\nand wrapped", ["short\nand wrapped"]),
        ("...", []),
        ("", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_heading_and_a_question_include_what_follows() -> None:
    text = "Refunds\nHow long does it take? Ten days. Then call us.\n- one\n- two"
    found = [text[span.start : span.end] for span in quotable(text)]
    assert found == [
        "Refunds\nHow long does it take?", "Ten days.", "Then call us.", "- one", "- two",
    ]  # fmt: skip
    question = "How long does it take? Ten days."
    assert [question[s.start : s.end] for s in quotable(question)] == [question]
    alone = "How do I get a refund?"
    assert [alone[s.start : s.end] for s in quotable(alone)] == [alone]
