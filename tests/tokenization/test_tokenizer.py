"""Token ids as in transformers, truncation, and invalid texts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers

from likewise.checkpoint.config import read_config
from likewise.errors import DamagedFileError, TextError
from likewise.tokenization.text_parts import BATCH_CHARACTERS
from likewise.tokenization.tokenizer import Tokenizer, read_tokenizer
from likewise.tokenization.valid_texts import check_text


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    return read_tokenizer(read_config(model_folder))


def reference(folder: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(folder)


def test_token_ids_of_transformers(
    tokenizer: Tokenizer, model_folder: Path, varied_texts: list[str]
) -> None:
    theirs = reference(model_folder)
    untruncated = theirs(varied_texts)["input_ids"]
    truncated = theirs(varied_texts, truncation=True, max_length=256)["input_ids"]
    rows = tokenizer.rows(varied_texts)
    assert len(rows) == len(varied_texts)
    assert rows.seen.tolist() == [len(ids) for ids in untruncated]
    assert [rows.row(i).tolist() for i in range(len(rows))] == truncated
    assert rows.token_ids.dtype == np.int32
    assert tokenizer.pad_id == theirs.pad_token_id
    assert tokenizer.vocabulary_size == len(theirs)


@pytest.mark.parametrize("limit", [3, 4, 17, 255, 256])
def test_truncation_at_any_limit(limit: int, model_folder: Path, varied_texts: list[str]) -> None:
    tokenizer = read_tokenizer(read_config(model_folder))
    tokenizer.max_tokens = limit
    texts = varied_texts[:300]
    expected = reference(model_folder)(texts, truncation=True, max_length=limit)["input_ids"]
    rows = tokenizer.rows(texts)
    assert [rows.row(i).tolist() for i in range(len(rows))] == expected


@pytest.mark.parametrize("words", [252, 253, 254, 255, 256, 600])
def test_texts_near_the_limit(words: int, tokenizer: Tokenizer) -> None:
    rows = tokenizer.rows(["fox " * words])
    assert rows.seen.tolist() == [words + 2]
    assert rows.lengths.tolist() == [min(words + 2, 256)]
    assert rows.token_ids[[0, -1]].tolist() == [101, 102]


def test_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokens("Playing 我!") == ["[CLS]", "playing", "我", "!", "[SEP]"]
    assert len(tokenizer.tokens("fox " * 500)) == 256


def test_no_texts(tokenizer: Tokenizer) -> None:
    rows = tokenizer.rows([])
    assert len(rows) == 0
    assert rows.token_ids.shape == (0,)


@pytest.mark.parametrize("cased", [False, True])
def test_a_vocabulary_file_only(cased: bool, model_folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "vocab.txt"):
        shutil.copy(model_folder / name, tmp_path)
    settings = {"do_lower_case": not cased, "model_max_length": 256}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    texts = [
        "Hello World",
        "naïve Café",
        "我喜欢 ABC",
        "",
        "\x00",
        "fox " * 300,
        "e\u0301",
        "ÅNGSTRÖM",
    ]
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertTokenizer(vocab=str(tmp_path / "vocab.txt"), do_lower_case=not cased)
    expected = theirs(texts, truncation=True, max_length=256)["input_ids"]
    rows = read_tokenizer(read_config(tmp_path)).rows(texts)
    assert [rows.row(i).tolist() for i in range(len(rows))] == expected


@pytest.mark.parametrize("content", ["", "{}", "rubbish", '{"version": "1.0"}', "[]"])
def test_a_damaged_tokenizer(content: str, model_folder: Path, tmp_path: Path) -> None:
    shutil.copy(model_folder / "config.json", tmp_path)
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(DamagedFileError, match=r"tokenizer\.json cannot be read") as caught:
        read_tokenizer(read_config(tmp_path))
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"word\n"])
def test_a_damaged_vocabulary(content: bytes, model_folder: Path, tmp_path: Path) -> None:
    shutil.copy(model_folder / "config.json", tmp_path)
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"vocab\.txt cannot be read"):
        read_tokenizer(read_config(tmp_path))


def test_no_tokenizer(model_folder: Path, tmp_path: Path) -> None:
    shutil.copy(model_folder / "config.json", tmp_path)
    with pytest.raises(DamagedFileError, match=r"neither tokenizer\.json nor vocab\.txt"):
        read_tokenizer(read_config(tmp_path))


@pytest.mark.parametrize("wrong", [1, None, b"bytes", 2.5, ["a"], ("a", "b"), float("nan")])
def test_items_that_are_not_texts(wrong: Any, tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match=f"text 7 is an? {type(wrong).__name__}") as caught:
        tokenizer.rows(["a", "b", wrong, "c"], first_index=5)
    assert caught.value.index == 7
    assert caught.value.hint


@pytest.mark.parametrize("text", ["\ud800", "ok \udfff end", "\ude00\ud83d"])
def test_lone_surrogates(text: str, tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match="lone surrogate") as caught:
        tokenizer.rows(["fine", text])
    assert caught.value.index == 1
    assert str(caught.value).isascii()
    with pytest.raises(TextError, match="lone surrogate"):
        tokenizer.tokens(text)


def test_valid_texts() -> None:
    for text in ("", "\x00", "😀", "\ue000", "\ufffe"):
        check_text(text, 0)


def join(texts: list[str]) -> str:
    """Texts with alternating whitespace after each."""
    return "".join(text + space for text, space in zip(texts, " \n\t" * 2000, strict=False))


def test_a_long_text_in_parts_has_the_same_tokens(
    model_folder: Path, varied_texts: list[str]
) -> None:
    tokenizer = read_tokenizer(read_config(model_folder))
    text = join(varied_texts) * 3
    assert len(text) > BATCH_CHARACTERS
    expected = reference(model_folder)(text)["input_ids"]
    for limit in (256, len(expected) - 1, len(expected), len(expected) + 1):
        tokenizer.max_tokens = limit
        rows = tokenizer.rows(["first", text, "last"])
        assert rows.seen.tolist() == [3, len(expected), 3]
        cut = [*expected[: limit - 1], 102] if limit < len(expected) else expected
        assert rows.row(1).tolist() == cut
        assert rows.row(2).tolist() == tokenizer.rows(["last"]).token_ids.tolist()


def test_a_long_text_is_not_split_if_tokens_may_span_spaces(
    tmp_path: Path, model_folder: Path
) -> None:
    shutil.copy(model_folder / "config.json", tmp_path)
    backend = tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    backend.add_tokens(["quick brown"])
    backend.save(str(tmp_path / "tokenizer.json"))
    text = "a quick brown " * (BATCH_CHARACTERS // 10)
    rows = read_tokenizer(read_config(tmp_path)).rows([text])
    assert rows.seen.tolist() == [2 * (BATCH_CHARACTERS // 10) + 2]


def test_texts_of_many_batches_are_in_input_order(tokenizer: Tokenizer) -> None:
    texts = [f"text {i} " * (i % 7 * 2000 + 1) for i in range(60)]
    rows = tokenizer.rows(texts)
    for i, text in enumerate(texts):
        assert rows.row(i).tolist() == tokenizer.rows([text]).token_ids.tolist()


TEN_MEGABYTES = {
    "words": "the quick brown fox jumps " * 400_000,
    "marks": "a? " * 3_500_000,
    "combining": "e\u0301\u0323" * 2_000_000,
}


@pytest.mark.parametrize("kind", TEN_MEGABYTES)
def test_ten_megabytes(kind: str, model_folder: Path) -> None:
    """In a separate process, to measure its memory."""
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from likewise.checkpoint.config import read_config\n"
        "from likewise.tokenization.tokenizer import read_tokenizer\n"
        "tokenizer = read_tokenizer(read_config(Path(sys.argv[1])))\n"
        "text = sys.stdin.read()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "rows = tokenizer.rows([text, 'short'])\n"
        "print(rows.lengths[1], peak() - before)\n"
    )
    pytest.importorskip("resource")
    process = subprocess.run(
        [sys.executable, "-c", code, str(model_folder)],
        input=TEN_MEGABYTES[kind], capture_output=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    length, megabytes = map(int, process.stdout.split())
    assert length == 3
    assert megabytes < 700
