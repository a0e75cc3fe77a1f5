"""Words remembered: the same tokens as the tokenizer gives whole texts, whatever is in them."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.checkpoint.config import read_config
from likewise.tokenization import word_cache
from likewise.tokenization.tokenizer import Tokenizer, read_tokenizer
from likewise.tokenization.word_cache import WordTokenCache, reads_words


@pytest.fixture(scope="module")
def backend(model_folder: Path) -> tokenizers.Tokenizer:
    made = tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    return read_tokenizer(read_config(model_folder))


def whole(backend: tokenizers.Tokenizer, texts: list[str]) -> list[list[int]]:
    return [e.ids for e in backend.encode_batch(texts, add_special_tokens=False)]


PLAIN = [
    "", " ", "\t\n\r", "A man's eating; FOOD... (really?)", "e-mail me@example.com: 10,000.50$!",
    "under_score `tick` ~tilde^ {a|b} <tag> \\ #1 %d &amp; a*b+c=d", "x" * 101, "Q" * 100,
    "tab\tand\nnewline\r\nend", "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "###", "## ing", "unaffable0x7F",
]  # fmt: skip


def test_the_same_tokens_as_of_whole_texts(backend: tokenizers.Tokenizer) -> None:
    own = WordTokenCache(backend)
    assert all(map(own.plain, PLAIN))
    assert own.read(PLAIN) == whole(backend, PLAIN)
    assert own.read(PLAIN) == whole(backend, PLAIN), "the second time, from memory"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet=string.printable + "é’食\u0301\x00\xa0", max_size=60), max_size=8))
def test_any_mixture_of_texts(
    tokenizer: Tokenizer, backend: tokenizers.Tokenizer, texts: list[str]
) -> None:
    rows = tokenizer.rows(texts)
    own = [rows.row(i).tolist() for i in range(len(texts))]
    assert own == [e.ids for e in backend.encode_batch(texts)]


@pytest.mark.parametrize(
    "text", ["a [MASK] b", "[", "é", "a\x00b", "a\x0bb", "a\x1cb", "a\x7fb", "食べる", "a\xa0b"]
)
def test_left_to_the_tokenizer(
    text: str, tokenizer: Tokenizer, backend: tokenizers.Tokenizer
) -> None:
    assert not WordTokenCache(backend).plain(text)
    assert tokenizer.rows([text]).token_ids.tolist() == backend.encode(text).ids


def test_added_tokens_in_any_case(backend: tokenizers.Tokenizer) -> None:
    more = tokenizers.Tokenizer.from_str(backend.to_str())
    more.add_tokens(["Foobar"])
    own = WordTokenCache(more)
    assert not own.plain("a foobar")
    assert not own.plain("a FOOBAR")
    assert own.read(["a man"]) == whole(more, ["a man"])


def test_memory_begins_anew(backend: tokenizers.Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "MEMORY", 10)
    own = WordTokenCache(backend)
    for _ in range(3):
        for text in PLAIN:
            assert own.read([text]) == whole(backend, [text])


def test_texts_lowered_by_the_checkpoint(backend: tokenizers.Tokenizer) -> None:
    settings = json.loads(backend.to_str())
    settings["normalizer"]["lowercase"] = False
    cased = tokenizers.Tokenizer.from_str(json.dumps(settings))
    lowering = Tokenizer(cased, 256, pad_id=0, lowercase=True)
    texts = ["A Man eats", "Ein Mädchen ISST"]
    expected = [backend.encode(text).ids for text in ("a man eats",)]
    rows = lowering.rows(texts)
    assert rows.row(0).tolist() == expected[0]
    assert rows.row(1).tolist() == lowering.rows([texts[1].lower()]).row(0).tolist()


def test_only_where_words_stand_alone(backend: tokenizers.Tokenizer) -> None:
    assert reads_words(backend)
    bytewise = tokenizers.Tokenizer.from_str(backend.to_str())
    bytewise.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    assert not reads_words(bytewise)
