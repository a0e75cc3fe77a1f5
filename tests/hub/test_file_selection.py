"""Selection of the files to download, in all layouts of repositories."""

from __future__ import annotations

import json

import pytest

from likewise.errors import DamagedFileError
from likewise.hub.file_selection import FORMATS, Modules, missing_files, parse_modules, select_files

ROOT = ["config.json", "modules.json", "tokenizer.json", "1_Pooling/config.json"]


def modules(*entries: tuple[str, str]) -> Modules:
    text = json.dumps(
        [{"type": f"sentence_transformers.models.{t}", "path": p} for t, p in entries]
    )
    return parse_modules(text, "modules.json")


def test_any_number_of_module_folders() -> None:
    twelve = [("Transformer", ""), ("Pooling", "1_Pooling")]
    twelve += [("Dense", f"{i}_Dense") for i in range(2, 13)]
    paths = [*ROOT, "model.safetensors"]
    paths += [f"{i}_Dense/{n}" for i in range(2, 13) for n in ("config.json", "model.safetensors")]
    assert set(select_files(paths, modules(*twelve))) == set(paths)


def test_the_old_layout_with_the_network_in_a_subfolder() -> None:
    inside = ["config.json", "vocab.txt", "pytorch_model.bin", "sentence_bert_config.json"]
    paths = ["modules.json", "config.json", "1_Pooling/config.json", "train.py"]
    paths += [f"0_Transformer/{n}" for n in inside]
    layout = modules(("Transformer", "0_Transformer"), ("Pooling", "1_Pooling"))
    assert set(select_files(paths, layout)) == set(paths) - {"train.py"}
    assert missing_files(paths, layout) == ()


def test_static_embeddings() -> None:
    paths = ["modules.json", "0_StaticEmbedding/tokenizer.json"]
    paths += ["0_StaticEmbedding/model.safetensors"]
    layout = modules(("StaticEmbedding", "0_StaticEmbedding"))
    assert set(select_files(paths, layout)) == set(paths)
    assert missing_files(paths, layout) == ()
    assert missing_files(paths[:-1], layout) == ("0_StaticEmbedding/model.safetensors",)


@pytest.mark.parametrize(
    "tokenizer",
    [
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"],
        ["vocab.txt"],
        ["vocab.json", "merges.txt"],
        ["sentencepiece.bpe.model"],
        ["spiece.model"],
        ["tokenizer.model"],
    ],
)
def test_tokenizers_of_every_kind(tokenizer: list[str]) -> None:
    paths = ["config.json", "model.safetensors", *tokenizer]
    assert set(select_files(paths, Modules())) == set(paths)
    assert missing_files(paths, Modules()) == ()


def test_only_the_preferred_format_is_selected() -> None:
    weights = ["model.safetensors", "pytorch_model.bin", "onnx/model.onnx"]
    for start in range(3):
        paths = ["config.json", "tokenizer.json", *weights[start:], "onnx/model_quantized.onnx"]
        assert set(select_files(paths, Modules())) == {
            "config.json",
            "tokenizer.json",
            weights[start],
        }


def test_onnx_with_external_data() -> None:
    paths = ["config.json", "vocab.txt", "onnx/model.onnx", "onnx/model.onnx_data", "x.onnx"]
    assert set(select_files(paths, Modules(), FORMATS[2])) == set(paths) - {"x.onnx"}


def test_pytorch_shards() -> None:
    shards = [f"pytorch_model-0000{i}-of-00003.bin" for i in (1, 2, 3)]
    paths = ["config.json", "vocab.txt", "pytorch_model.bin.index.json", *shards]
    assert set(select_files(paths, Modules())) == set(paths)


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", '[{"type": "x"}]', "null"])
def test_a_damaged_list_of_modules(text: str) -> None:
    with pytest.raises(DamagedFileError, match=r"modules\.json"):
        parse_modules(text, "modules.json")
