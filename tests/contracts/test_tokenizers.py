"""Every kind of tokenizer, in many writing systems: the ids that transformers gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.checkpoint.config import read_config
from likewise.errors import UnsupportedModelError
from likewise.tokenization.tokenizer import read_tokenizer

KINDS = {"WordPiece": "bert", "Unigram": "xlm-roberta", "byte pairs": "roberta"}


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def folder(request: pytest.FixtureRequest, checkpoints: Any, families: dict[str, Any]) -> Path:
    made: Path = checkpoints.make(families[request.param])
    return made


def test_ids_are_those_of_transformers(
    folder: Path, texts: tuple[str, ...], varied_texts: list[str]
) -> None:
    from transformers import AutoTokenizer

    reference = AutoTokenizer.from_pretrained(folder)
    ours = read_tokenizer(read_config(folder))
    every = [*texts, *varied_texts]
    rows = ours.rows(every)
    expected = reference(every, truncation=True, max_length=ours.max_tokens)["input_ids"]
    for index, text in enumerate(every):
        assert rows.row(index).tolist() == expected[index], text


@pytest.mark.parametrize("lowercase", [True, False])
def test_texts_are_lowercased_where_the_checkpoint_says_so(
    lowercase: bool,
    checkpoints: Any,
    families: dict[str, Any],
    tmp_path: Path,
    sentence_transformer: Callable[[Path], Any],
) -> None:
    folder = tmp_path / "cased"
    shutil.copytree(checkpoints.make(families["roberta"]), folder)
    settings = {"max_seq_length": 100, "do_lower_case": lowercase}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings))
    text = "The Quick BROWN Fox, ÀÉÎ"
    expected = sentence_transformer(folder).tokenizer([text])["input_ids"][0]
    ours = read_tokenizer(read_config(folder))
    assert ours.rows([text]).token_ids.tolist() == expected
    same = ours.rows([text.lower()]).token_ids.tolist() == expected
    assert same == lowercase


@pytest.mark.parametrize("blank", [True, False])
def test_byte_pairs_from_the_files_before_tokenizer_json(
    blank: bool, checkpoints: Any, families: dict[str, Any], tmp_path: Path, varied_texts: list[str]
) -> None:
    from tokenizers import Tokenizer
    from transformers import RobertaTokenizer

    made = checkpoints.make(families["roberta"])
    folder = tmp_path / "older"
    shutil.copytree(made, folder)
    Tokenizer.from_file(str(folder / "tokenizer.json")).model.save(str(folder))
    (folder / "tokenizer.json").unlink()
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings |= {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": blank}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    reference = RobertaTokenizer.from_pretrained(folder)
    ours = read_tokenizer(read_config(folder))
    rows = ours.rows(varied_texts)
    expected = reference(varied_texts, truncation=True, max_length=ours.max_tokens)["input_ids"]
    for index, text in enumerate(varied_texts):
        assert rows.row(index).tolist() == expected[index], text


def test_sentencepiece_alone_says_what_to_do(
    checkpoints: Any, families: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "slow"
    shutil.copytree(checkpoints.make(families["xlm-roberta"]), folder)
    (folder / "tokenizer.json").rename(folder / "sentencepiece.bpe.model")
    with pytest.raises(UnsupportedModelError, match=r"sentencepiece\.bpe\.model") as caught:
        read_tokenizer(read_config(folder))
    assert "AutoTokenizer" in caught.value.hint


def test_positions_bound_the_length(
    checkpoints: Any, families: dict[str, Any], tmp_path: Path, change_json: Callable[..., None]
) -> None:
    folder = tmp_path / "long"
    shutil.copytree(checkpoints.make(families["roberta"]), folder)
    change_json(folder / "tokenizer_config.json", model_max_length=10**30)
    assert read_config(folder).max_tokens == 192  # 194 positions, the first two are never used
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 514}')
    config = read_config(folder)
    assert config.max_tokens == 192
    assert any("max_seq_length is 514" in note for note in config.notes)
