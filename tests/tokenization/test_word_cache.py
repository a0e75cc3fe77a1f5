"""The word cache gives the same tokens as the tokenizer for whole texts."""

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
from likewise.tokenization.word_cache import WordTokenCache, splits_into_words


@pytest.fixture(scope="module")
def backend(model_folder: Path) -> tokenizers.Tokenizer:
    made = tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    return read_tokenizer(read_config(model_folder))


def reference(backend: tokenizers.Tokenizer, texts: list[str]) -> list[list[int]]:
    return [e.ids for e in backend.encode_batch(texts, add_special_tokens=False)]


ASCII_TEXTS = [
    "", " ", "\t\n\r", "A man's eating; FOOD... (really?)", "e-mail me@example.com: 10,000.50$!",
    "under_score `tick` ~tilde^ {a|b} <tag> \\ #1 %d &amp; a*b+c=d", "x" * 101, "Q" * 100,
    "tab\tand\nnewline\r\nend", "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "###", "## ing", "unaffable0x7F",
]  # fmt: skip


def test_tokens_of_whole_texts(backend: tokenizers.Tokenizer) -> None:
    cache = WordTokenCache(backend)
    assert all(map(cache.supports, ASCII_TEXTS))
    expected = reference(backend, ASCII_TEXTS)
    assert cache.token_ids(ASCII_TEXTS) == expected
    assert cache.token_ids(ASCII_TEXTS) == expected, "from the cache"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet=string.printable + "é’食\u0301\x00\xa0", max_size=60), max_size=8))
def test_any_mixture_of_texts(
    tokenizer: Tokenizer, backend: tokenizers.Tokenizer, texts: list[str]
) -> None:
    rows = tokenizer.rows(texts)
    ours = [rows.row(i).tolist() for i in range(len(texts))]
    assert ours == [e.ids for e in backend.encode_batch(texts)]


@pytest.mark.parametrize(
    "text", ["a [MASK] b", "[", "é", "a\x00b", "a\x0bb", "a\x1cb", "a\x7fb", "食べる", "a\xa0b"]
)
def test_unsupported_texts_use_the_tokenizer(
    text: str, tokenizer: Tokenizer, backend: tokenizers.Tokenizer
) -> None:
    assert not WordTokenCache(backend).supports(text)
    assert tokenizer.rows([text]).token_ids.tolist() == backend.encode(text).ids


def test_added_tokens_in_any_case(backend: tokenizers.Tokenizer) -> None:
    more = tokenizers.Tokenizer.from_str(backend.to_str())
    more.add_tokens(["Foobar"])
    cache = WordTokenCache(more)
    assert not cache.supports("a foobar")
    assert not cache.supports("a FOOBAR")
    assert cache.token_ids(["a man"]) == reference(more, ["a man"])


def test_a_full_cache_is_cleared(
    backend: tokenizers.Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_cache, "MAX_CHARACTERS", 10)
    cache = WordTokenCache(backend)
    for _ in range(3):
        for text in ASCII_TEXTS:
            assert cache.token_ids([text]) == reference(backend, [text])


def test_lower_casing_before_the_tokenizer(backend: tokenizers.Tokenizer) -> None:
    settings = json.loads(backend.to_str())
    settings["normalizer"]["lowercase"] = False
    cased = tokenizers.Tokenizer.from_str(json.dumps(settings))
    lower_casing = Tokenizer(cased, 256, pad_id=0, lowercase=True)
    texts = ["A Man eats", "Ein Mädchen ISST"]
    expected = [backend.encode(text).ids for text in ("a man eats",)]
    rows = lower_casing.rows(texts)
    assert rows.row(0).tolist() == expected[0]
    assert rows.row(1).tolist() == lower_casing.rows([texts[1].lower()]).row(0).tolist()


def test_only_for_tokenizers_that_split_into_words(backend: tokenizers.Tokenizer) -> None:
    assert splits_into_words(backend)
    byte_level = tokenizers.Tokenizer.from_str(backend.to_str())
    byte_level.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    assert not splits_into_words(byte_level)
