"""Words of texts: numbers, short forms, polite phrases, names."""

from __future__ import annotations

import pytest

from likewise.analysis.dedup.word_lists import word_lists
from likewise.analysis.dedup.wording import wording


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi, could you tell me: what's my balance? Thanks!", "what is my balance"),
        ("I CAN'T log-in, please", "i can not log in"),
        ("twenty-five euros and 1,000 more", "25 euros and 1000 more"),
        ("two hundred and five million", "200 and 5000000"),
        ("at 6 am on the 3rd", "at 6 a.m on the 3rd"),
        ("C++ or C# in .NET 4.5", "c++ or c# in net 4.5"),
        ("请问怎么设置密码？", "怎 么 设 置 密 码"),
        ("能不能登录", "能 登 录"),
        ("please", "please"),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert wording(text).plain.words == tuple(words.split())


def test_capitals_mark_names_inside_sentences_only() -> None:
    def names(text: str) -> set[str]:
        found = wording(text)
        return {found.words[i] for i in found.capitals}

    assert names("How do I parse XML in Java? Like this") == {"xml", "java"}
    assert names("How To Parse Every Line Here") == set()
    assert names("PARSE XML") == set() or names("PARSE XML") == {"parse", "xml"}
    assert names("parse xml in java") == set()


def test_opposites_in_any_inflection() -> None:
    opposite = word_lists().opposite
    for a, b in [("enabled", "disabling"), ("install", "uninstall"), ("off", "on"), ("多", "少")]:
        assert opposite(a, b)
        assert opposite(b, a)
    assert not opposite("enable", "enabled")
    assert not opposite("card", "cards")
