"""What a checkpoint's JSON files say, and what is said where they say nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.checkpoint.config import Normalize, Pooling, read_config
from likewise.errors import DamagedFileError, UnsupportedModelError

NETWORK = {"model_type": "bert", "max_position_embeddings": 512}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def modules(*kinds: str) -> list[dict[str, str]]:
    paths = ["" if kind == "Transformer" else f"{i}_{kind}" for i, kind in enumerate(kinds)]
    return [
        {"type": f"sentence_transformers.models.{k}", "path": p}
        for k, p in zip(kinds, paths, strict=True)
    ]


def test_the_real_one(model_folder: Path) -> None:
    config = read_config(model_folder)
    assert config.modules == (Pooling(("mean",)), Normalize())
    assert config.max_tokens == 256  # the tokenizer file says 128, tokenizer_config.json 512
    assert config.model_type == "bert"
    assert config.similarity == "cosine"
    assert config.notes == ()


def test_the_limit_is_the_tokenizers_or_the_positions(tmp_path: Path) -> None:
    write(tmp_path, {"config.json": NETWORK})
    assert read_config(tmp_path).max_tokens == 512
    write(tmp_path, {"tokenizer_config.json": {"model_max_length": 300}})
    assert read_config(tmp_path).max_tokens == 300
    write(tmp_path, {"tokenizer_config.json": {"model_max_length": int(1e30)}})
    assert read_config(tmp_path).max_tokens == 512
    write(tmp_path, {"sentence_bert_config.json": {"max_seq_length": 77}})
    assert read_config(tmp_path).max_tokens == 77


def test_a_folder_of_transformers_alone(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, {"config.json": NETWORK}))
    assert config.modules == (Pooling(("mean",)),)
    assert "mean pooling is assumed" in config.notes[0]


def test_prompts_similarity_and_dimension(tmp_path: Path) -> None:
    extra = {
        "prompts": {"query": "query: ", "document": ""},
        "default_prompt_name": "query",
        "similarity_fn_name": "dot",
        "truncate_dim": 64,
    }
    files = {"config.json": NETWORK, "config_sentence_transformers.json": extra}
    config = read_config(write(tmp_path, files))
    assert config.prompts["query"] == "query: "
    assert config.default_prompt_name == "query"
    assert config.similarity == "dot"
    assert config.truncate_dim == 64


def test_a_network_in_its_own_folder(tmp_path: Path) -> None:
    listed = modules("Transformer", "Pooling")
    listed[0]["path"] = "0_Transformer"
    files = {
        "modules.json": listed,
        "0_Transformer/config.json": NETWORK,
        "1_Pooling/config.json": {"pooling_mode": ["mean", "cls"]},
    }
    config = read_config(write(tmp_path, files))
    assert config.folder == tmp_path / "0_Transformer"
    assert config.pooling.modes in (("mean", "cls"), ("cls", "mean"))


BROKEN: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "empty folder": ({}, DamagedFileError, "config.json is missing"),
    "no JSON": ({"config.json": "{"}, DamagedFileError, "cannot be read as JSON"),
    "no object": ({"config.json": "[1]"}, DamagedFileError, "is not a JSON object"),
    "no fields": ({"config.json": {}}, DamagedFileError, "lacks the field 'model_type'"),
    "modules no list": (
        {"config.json": NETWORK, "modules.json": {"a": 1}}, DamagedFileError, "list of modules"),
    "modules of nothing": (
        {"config.json": NETWORK, "modules.json": [1]}, DamagedFileError, "list of modules"),
    "modules without a path": (
        {"config.json": NETWORK, "modules.json": [{"type": "Transformer"}]},
        DamagedFileError, "list of modules"),
    "no modules": (
        {"config.json": NETWORK, "modules.json": []}, UnsupportedModelError,
        "first module .* is missing"),
    "another first module": (
        {"config.json": NETWORK, "modules.json": modules("Pooling")},
        UnsupportedModelError, "first module .* is Pooling"),
    "an unknown module": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "LSTM")},
        UnsupportedModelError, "the module LSTM"),
    "a pooling without config": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Pooling")},
        DamagedFileError, "config.json is missing"),
    "an unknown pooling": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Pooling"),
         "1_Pooling/config.json": {"pooling_mode": "median"}},
        UnsupportedModelError, "the pooling 'median'"),
    "a dense without sizes": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Dense"),
         "1_Dense/config.json": {"out_features": 3}},
        DamagedFileError, "lacks the field 'in_features'"),
    "a length that is no number": (
        {"config.json": NETWORK, "sentence_bert_config.json": {"max_seq_length": "long"}},
        DamagedFileError, "max_seq_length"),
    "positions that are no number": (
        {"config.json": NETWORK | {"max_position_embeddings": "many"}},
        DamagedFileError, "max_position_embeddings"),
    "a dense of no number": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Dense"),
         "1_Dense/config.json": {"in_features": "x", "out_features": 3}},
        DamagedFileError, "in_features"),
    "a dense with a residual": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Dense"),
         "1_Dense/config.json": {"in_features": 3, "out_features": 3, "use_residual": True}},
        UnsupportedModelError, "use_residual True"),
    "a dense of every token": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Dense"),
         "1_Dense/config.json": {"in_features": 3, "out_features": 3,
                                 "module_input_name": "token_embeddings"}},
        UnsupportedModelError, "module_input_name 'token_embeddings'"),
    "a dense that leaves the vector alone": (
        {"config.json": NETWORK, "modules.json": modules("Transformer", "Dense"),
         "1_Dense/config.json": {"in_features": 3, "out_features": 3,
                                 "module_output_name": "other"}},
        UnsupportedModelError, "module_output_name 'other'"),
    "prompts that are no object": (
        {"config.json": NETWORK, "config_sentence_transformers.json": {"prompts": [1]}},
        DamagedFileError, "prompts"),
    "an unknown similarity": (
        {"config.json": NETWORK, "config_sentence_transformers.json": {"similarity_fn_name": "x"}},
        UnsupportedModelError, "similarity 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_broken(kind: str, tmp_path: Path) -> None:
    files, error, message = BROKEN[kind]
    write(tmp_path, files)
    with pytest.raises(error, match=message) as caught:
        read_config(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.hint  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'{"model_type": "\xff"}')
    with pytest.raises(DamagedFileError, match="cannot be read as JSON"):
        read_config(tmp_path)


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(DamagedFileError, match="cannot be read as JSON"):
        read_config(tmp_path)


def test_a_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unreadable: Callable[[Path], Path]
) -> None:
    write(tmp_path, {"config.json": NETWORK})
    unreadable(tmp_path / "config.json")
    with pytest.raises(DamagedFileError, match="cannot be read as JSON"):
        read_config(tmp_path)
