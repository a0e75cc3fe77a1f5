"""Names of clusters: their terms, in several languages, apart from their siblings'."""

from __future__ import annotations

import numpy as np

from likewise.analysis.clustering.topic_labels import term_matrix, topic_name, topic_terms
from likewise.analysis.clustering.word_tokenizer import word_terms


def test_terms() -> None:
    assert list(word_terms("How do I use C++ and ASP.NET?")) == ["c++", "asp.net"]
    sorted_twice = list(word_terms("Sort lists. Twice, 2.0 times"))
    assert sorted_twice == ["sort", "lists", "sort lists", "twice", "times"]
    assert "cancel card" in list(word_terms("cancel my card"))
    assert list(word_terms("top up")) == ["top", "top up"]
    assert "cats dogs" not in list(word_terms("cats and dogs"))
    assert list(word_terms("user's café")) == ["user", "café", "user café"]
    assert list(word_terms("我的银行卡")) == ["银行", "行卡", "银行卡"]
    assert list(word_terms("プログラミングが好き")) == ["プログラミング"]
    assert list(word_terms("\x00 \ud800 🙂 …")) == []


def test_names_in_chinese() -> None:
    texts = [f"银行卡丢失{c}" for c in "甲乙丙丁"] + [f"什么时候发货{c}" for c in "甲乙丙丁"]
    money, parcel = topic_terms(term_matrix(texts), np.repeat(np.arange(2, dtype=np.int32), 4))
    assert money[0] in "银行卡丢失"
    assert parcel[0] == "发货"


def test_names_say_nothing_twice() -> None:
    texts = ["visual studio build"] * 5 + ["cat naps"] * 5
    first, _ = topic_terms(term_matrix(texts), np.repeat(np.arange(2, dtype=np.int32), 5))
    assert len(first) == len(set(first))
    assert "visual studio" in first
    assert not {"visual", "studio"} & set(first)  # the pair says it


def test_function_words_name_nothing() -> None:
    texts = ["could you please tell me what john thinks"] * 3 + ["i wonder, do you know?"] * 3
    first, second = topic_terms(term_matrix(texts), np.repeat(np.arange(2, dtype=np.int32), 3))
    assert first == ("john",)
    assert second == ()
    assert topic_name(second, "i wonder, do you know?") == "“i wonder, do you know?”"
    assert len(topic_name((), "long " * 100)) < 51


def test_names_of_siblings_differ() -> None:
    texts = [f"card {word} {i}" for word in ("lost", "stolen", "expired") for i in range(8)]
    texts += [f"weather in town{i}" for i in range(40)]
    labels = np.repeat(np.arange(4, dtype=np.int32), [8, 8, 8, 40])
    found = topic_terms(term_matrix(texts), labels)
    assert [terms[0] for terms in found] == ["card lost", "card stolen", "card expired", "weather"]
