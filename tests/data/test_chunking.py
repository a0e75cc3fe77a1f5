"""Long texts in passages: nothing lost, nothing too long, cut where sentences end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import likewise
from likewise.data import Chunk, Record, chunk_records
from likewise.data import chunking as splitting
from likewise.errors import InputError

ENGLISH = "The cat sat on the mat. It was warm, and nobody disturbed it! Why would they?"
CHINESE = "今天天气很好，我们一起去公园散步吧。他说：「你好，世界！」然后就走了。机器学习在哪里？"
MIXED = ENGLISH + "\n\n" + CHINESE + " naïve café İstanbul ﬁne 😀 e.g. rock'n'roll\tend"


def uncovered(text: str, passages: list[Chunk]) -> str:
    """What no passage holds."""
    held = bytearray(len(text))
    for passage in passages:
        held[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    return "".join(c for c, inside in zip(text, held, strict=True) if not inside)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, MIXED], ids=["en", "zh", "mixed"])
@pytest.mark.parametrize("title", ["", "A title 标题", "very long title " * 99])
def test_passages_hold_all_of_a_text_and_fit(
    encoder: likewise.Encoder, text: str, title: str
) -> None:
    record = Record(text * 60, title=title)
    passages = list(chunk_records([record], encoder, max_tokens=64))
    assert not uncovered(record.text, passages).strip()
    assert [p.number for p in passages] == list(range(len(passages)))
    assert (
        max(count.seen for count in encoder.count_tokens([p.model_input for p in passages])) <= 64
    )
    assert all(p.text == record.text[p.start : p.end] == p.text.strip() for p in passages)
    for one, two in itertools.pairwise(passages):
        assert one.start < two.start <= one.end < two.end  # they overlap, and go on
    if title:
        assert all(p.model_input.startswith(title[:8]) for p in passages)


@pytest.mark.parametrize(("text", "ends"), [(ENGLISH + " ", ".!?"), (CHINESE, "。！？」")])
def test_they_end_where_sentences_end(encoder: likewise.Encoder, text: str, ends: str) -> None:
    passages = list(chunk_records([Record(text * 60)], encoder, max_tokens=64))
    assert len(passages) > 10
    assert all(passage.text[-1] in ends for passage in passages)


def test_a_paragraph_ends_a_passage_before_a_sentence_does(encoder: likewise.Encoder) -> None:
    paragraph = "One sentence here. Another one there. "
    text = "\n\n".join([paragraph * 5] * 8)
    first, *_ = chunk_records([Record(text)], encoder, max_tokens=64)
    assert first.text == (paragraph * 5).strip()


def test_words_stay_whole_where_there_is_no_sentence(encoder: likewise.Encoder) -> None:
    words = [f"{random.Random(i).choice('bcdfg')}ananabread" for i in range(900)]
    passages = list(chunk_records([Record(" ".join(words))], encoder, max_tokens=64, overlap=0))
    assert [word for passage in passages for word in passage.text.split()] == words


def test_short_records_are_one_passage_each_in_their_order(encoder: likewise.Encoder) -> None:
    texts = [ENGLISH * (i % 3) for i in range(1200)]  # empty ones too
    records = [Record(text, line=i) for i, text in enumerate(texts)]
    passages = list(chunk_records(records, encoder))
    assert [p.record.line for p in passages] == list(range(1200))
    assert [p.text for p in passages] == texts


def test_it_reads_no_further_ahead_than_it_must(encoder: likewise.Encoder) -> None:
    read: list[int] = []

    def records() -> Iterator[Record]:
        for i in range(10**9):
            read.append(i)
            yield Record(ENGLISH * 20)

    first = next(chunk_records(records(), encoder))
    assert first.number == 0
    assert len(read) <= 1024


def test_a_long_text_is_split_in_pieces(encoder: likewise.Encoder) -> None:
    text = (CHINESE * 9000)[:300_000]  # no blank anywhere
    passages = list(chunk_records([Record(text)], encoder))
    assert not uncovered(text, passages)
    assert max(len(p.text) for p in passages) < 256


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.integers(16, 40))
def test_any_text_is_held_whole(encoder: likewise.Encoder, text: str, size: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    passages = list(chunk_records([Record(text)], encoder, max_tokens=size))
    lost = uncovered(text, passages)
    assert not [c for c in lost if encoder.count_tokens(f"a{c}a")[0].seen > 4]
    assert (
        max(count.seen for count in encoder.count_tokens([p.model_input for p in passages])) <= size
    )


@pytest.mark.parametrize("options", [{"max_tokens": 999}, {"max_tokens": 3}, {"overlap": 100}])
def test_sizes_that_cannot_be_are_refused(
    encoder: likewise.Encoder, options: dict[str, int]
) -> None:
    with pytest.raises(InputError, match="tokens"):
        chunk_records([], encoder, **options)


def test_texts_that_are_only_counted_are_split_as_those_that_are_looked_at(
    encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the limit, where a text fits or does not by one token."""
    records = [Record(" ".join(["Sunday."] * count)) for count in range(10, 60)]
    counted = list(chunk_records(records, encoder, max_tokens=64))
    monkeypatch.setattr(splitting, "MAX_CHARACTERS_PER_TOKEN", 0)
    assert list(chunk_records(records, encoder, max_tokens=64)) == counted
    assert max(c.seen for c in encoder.count_tokens([p.model_input for p in counted])) <= 64
    assert len(counted) > len(records)
