"""Only a prefix of a long text is tokenized, and its tokens are those of the whole text."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from tokenizers import Regex, models, normalizers, pre_tokenizers, trainers

import likewise
from likewise.checkpoint.config import read_config
from likewise.errors import TextError, TooLongError
from likewise.tokenization.safe_prefixes import SafePrefixes
from likewise.tokenization.text_parts import PART_CHARACTERS
from likewise.tokenization.token_stream import token_stream
from likewise.tokenization.tokenizer import Tokenizer, read_tokenizer

ALPHABETS = {
    "words": ["fox", "running", "unbelievable", "it's", " ", " ", "  ", "\n", "\t", ".", ", "],
    "no blanks": [*"abcxyz0123456789.,-_/#[]", "naïve", "Straße"],
    "letters": [*"abcdefghij"],
    "chinese": [*"我喜欢在图书馆看书，。！天气", "ABC", " ", "１２"],
    "japanese": [*"食べるカタカナ漢字が、。", "ﾊﾞ", "か\u3099", "Tokyo "],
    "korean": ["안녕", "하세요", "\u1112\u1161\u11ab", " ", "."],
    "combining": ["e\u0301", "\u0323\u0302", "a", " ", " \u0301", ".\u0338", "=\u0338", "ñ"],
    "greek": ["ΣΑΣ", "σ", "Σ", ".", "'", " ", "ΟΔΟΣ", "\u0345"],
    "marks": ["?", "!", "…", "«", "»", "😀", "\u200d", "\ufe0f", "👩\u200d💻", " ", "\u00a0"],
    "controls": ["\x00", "\u200b", "\ufeff", "a", "b", " ", "\r\n", "\u3000", "\u2003", "\u0600"],
    "special": ["[SEP]", "[MASK]", "[", "]", "<mask>", " <mask>", "</s>", "a", " ", "##ing"],
    "indic": ["\u0d4e\u0d15", "नमस्ते", "क्\u200dष", "தமிழ்", " ", "।"],
    "turkish": ["İ", "I", "ı", "i\u0307", " ", "."],
}


def _random_texts(kind: str, count: int = 12, length: int = 150) -> list[str]:
    random_choice = random.Random(kind)
    return ["".join(random_choice.choices(ALPHABETS[kind], k=length)) for _ in range(count)]


def _training_texts() -> list[str]:
    return [text for kind in ALPHABETS for text in _random_texts(kind, 20)]


def _byte_level() -> tokenizers.Tokenizer:
    """A tokenizer like those of RoBERTa and ModernBERT."""
    backend = tokenizers.Tokenizer(models.BPE())
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(
        _training_texts(),
        trainers.BpeTrainer(
            vocab_size=900, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet
        ),
    )
    backend.add_special_tokens([tokenizers.AddedToken("<mask>", lstrip=True)])
    backend.add_tokens(["  ", "    "])
    return backend


def _unigram() -> tokenizers.Tokenizer:
    """A tokenizer like that of XLM-RoBERTa."""
    backend = tokenizers.Tokenizer(models.Unigram())
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    backend.train_from_iterator(
        _training_texts(),
        trainers.UnigramTrainer(vocab_size=800, special_tokens=["<s>", "<unk>"], unk_token="<unk>"),
    )
    return backend


def _metaspace() -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.train_from_iterator(_training_texts(), trainers.BpeTrainer(vocab_size=900))
    return backend


@pytest.fixture(scope="module")
def bert(model_folder: Path) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))


def _check_prefixes(backend: tokenizers.Tokenizer, kind: str) -> int:
    """Check that the tokens of each prefix are the first of the whole text; count the prefixes."""
    safe_prefixes, count = SafePrefixes(backend), 0
    for text in _random_texts(kind):
        expected = backend.encode(text, add_special_tokens=False).ids
        for size in range(0, len(text), 7):
            *prefixes, last = safe_prefixes.of(text, size)
            assert last == text
            for prefix in prefixes:
                ids = backend.encode(prefix, add_special_tokens=False).ids
                assert ids == expected[: len(ids)], (text, prefix)
            count += len(prefixes)
    return count


@pytest.mark.parametrize("kind", ALPHABETS)
def test_prefixes_do_not_change_tokens_of_bert(bert: tokenizers.Tokenizer, kind: str) -> None:
    bert.no_truncation()
    bert.no_padding()
    count = _check_prefixes(bert, kind)
    assert count or kind == "letters", "a run of letters has no safe position"


@pytest.mark.parametrize("make", [_byte_level, _unigram, _metaspace])
def test_prefixes_do_not_change_tokens_of_other_tokenizers(
    make: Callable[[], tokenizers.Tokenizer],
) -> None:
    backend = make()
    counts = {kind: _check_prefixes(backend, kind) for kind in ALPHABETS}
    assert counts["words"] > 100
    assert counts["korean"] > 100


def test_no_prefixes_if_tokens_may_span_spaces(bert: tokenizers.Tokenizer) -> None:
    text = "one two, three. " * 10
    no_pre_tokenizer = tokenizers.Tokenizer(models.BPE())
    assert list(SafePrefixes(no_pre_tokenizer).of(text, 20)) == [text]
    added = _byte_level()
    added.add_tokens(["one two"])
    assert list(SafePrefixes(added).of(text, 20)) == [text]
    custom = _byte_level()
    custom.pre_tokenizer = pre_tokenizers.Split(Regex("one "), "isolated")
    assert list(SafePrefixes(custom).of(text, 20)) == [text]
    unsplit_metaspace = _metaspace()
    unsplit_metaspace.pre_tokenizer = pre_tokenizers.Metaspace(split=False)
    assert list(SafePrefixes(unsplit_metaspace).of(text, 20)) == [text]
    bert_with_token = tokenizers.Tokenizer.from_str(bert.to_str())
    bert_with_token.add_tokens(["two, three"])
    *prefixes, _ = SafePrefixes(bert_with_token).of(text, 20)
    assert all(prefix.endswith("three") for prefix in prefixes)


LONG = {
    "words": "the quick brown fox jumps. ",
    "no blanks": "alpha,beta;gamma-delta",
    "letters": "abcdefgh",
    "chinese": "我喜欢在图书馆看书",
    "kana": "たべるのがすき",
    "combining": "e\u0301\u0323x\u0302",
    "greek": "ΟΔΟΣ.ΑΣ' Σ",
    "blank": "  \n\t",
    "few tokens": " \x00" * 20 + "a",
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("lowercase", [False, True])
def test_rows_are_the_same_if_counts_are_not_exact(
    kind: str, lowercase: bool, model_folder: Path, tmp_path: Path
) -> None:
    if lowercase:  # sentence-transformers lower-cases before tokenizing
        for path in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copy(model_folder / path, tmp_path)
        settings = json.dumps({"max_seq_length": 256, "do_lower_case": True})
        (tmp_path / "sentence_bert_config.json").write_text(settings)
    tokenizer = read_tokenizer(read_config(tmp_path if lowercase else model_folder))
    unit = LONG[kind]
    texts = [
        "first",
        unit * (3 * PART_CHARACTERS // len(unit)),
        "",
        unit * 9,
        unit * (PART_CHARACTERS // len(unit)),
    ]
    counted, quick = tokenizer.rows(texts), tokenizer.rows(texts, exact=False)
    assert quick.token_ids.tolist() == counted.token_ids.tolist()
    assert quick.lengths.tolist() == counted.lengths.tolist()
    partial = [False] * len(texts) if quick.partial is None else quick.partial.tolist()
    for is_partial, seen, total in zip(partial, quick.seen, counted.seen, strict=True):
        assert (256 < seen < total) if is_partial else seen == total
    mask = tokenizer.special_tokens_mask(texts[1])
    assert mask.tolist() == [True, *[False] * (len(mask) - 2), True]
    assert len(tokenizer.tokens(texts[1])) == len(mask) == quick.lengths[1]


def test_vectors_of_truncated_texts_are_the_same() -> None:
    model = likewise.load(compute="float32")
    for unit in LONG.values():
        text = unit * (2 * PART_CHARACTERS // len(unit))
        row = model._tokenizer.rows([text])
        expected = model._runtime.embed(row, None)
        assert model.encode(text, show_progress_bar=False).tobytes() == expected[0].tobytes()


def test_a_lone_surrogate_after_the_prefix_is_an_error(model_folder: Path) -> None:
    tokenizer = read_tokenizer(read_config(model_folder))
    with pytest.raises(TextError, match="text 1 contains a lone surrogate"):
        tokenizer.rows(["fine", "word " * 10_000 + "\ud800"], exact=False)


def test_the_error_for_a_long_text_gives_a_lower_bound(model_folder: Path) -> None:
    tokenizer = read_tokenizer(read_config(model_folder))
    with pytest.raises(TooLongError, match="text 1 has more than 256 tokens"):
        list(token_stream(tokenizer, ["a", "word " * 10_000], truncation="error"))
    with pytest.raises(TooLongError, match="text 0 has 402 tokens"):
        list(token_stream(tokenizer, ["word " * 400], truncation="error"))


def test_counts_are_exact_by_default() -> None:
    model = likewise.load()
    text = "word " * 10_000
    (exact,) = model.count_tokens(text)
    assert (exact.seen, exact.kept, exact.exact) == (10_002, 256, True)
    (quick,) = model.count_tokens(text, exact=False)
    assert quick.kept == 256
    assert 256 < quick.seen < 10_002
    assert not quick.exact
    assert model.count_tokens("word " * 400, exact=False)[0].exact


def test_ten_megabytes_are_not_tokenized_to_the_end(model_folder: Path) -> None:
    tokenizer: Tokenizer = read_tokenizer(read_config(model_folder))
    text = "the quick brown fox jumps " * 400_000

    def seconds(work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    quick = seconds(lambda: list(token_stream(tokenizer, [text])))
    assert quick * 5 < seconds(lambda: tokenizer.rows([text]))
    assert seconds(lambda: tokenizer.special_tokens_mask(text)) < 1
