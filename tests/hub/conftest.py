"""A hub on loopback, and models to publish on it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from likewise.hub.client import Hub
from tests.loopback_hub import LoopbackHub, serve

NAME = "someone/tiny"
WEIGHTS = random.Random(1).randbytes(3_000_000)


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _modules(*paths: str) -> bytes:
    kinds = [p.split("_")[-1] for p in paths]
    return _json(
        [
            {"idx": i, "path": path if i else "", "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(zip(paths, kinds, strict=True))
        ]
    )


def published() -> dict[str, bytes]:
    """The files of a sentence-transformers repository, including those that are not needed."""
    return {
        ".gitattributes": b"*.bin filter=lfs",
        "README.md": b"---\nlicense: mit\n---\n# Tiny\n",
        "config.json": _json({"model_type": "bert", "hidden_size": 8}),
        "modules.json": _modules("Transformer", "1_Pooling", "2_Dense", "3_Normalize"),
        "1_Pooling/config.json": _json({"pooling_mode_mean_tokens": True}),
        "2_Dense/config.json": _json({"in_features": 8, "out_features": 4}),
        "2_Dense/model.safetensors": b"dense" * 50,
        "2_Dense/pytorch_model.bin": b"dense-again" * 50,
        "config_sentence_transformers.json": _json({"prompts": {"query": "q: "}}),
        "sentence_bert_config.json": _json({"max_seq_length": 64, "do_lower_case": False}),
        "tokenizer.json": b'{"version": "1.0"}',
        "tokenizer_config.json": b"{}",
        "special_tokens_map.json": b"{ }",
        "vocab.txt": b"[PAD]\n[UNK]\n",
        "model.safetensors": WEIGHTS,
        "pytorch_model.bin": WEIGHTS[::-1],
        "tf_model.h5": b"tf" * 1000,
        "flax_model.msgpack": b"flax" * 1000,
        "rust_model.ot": b"rust" * 1000,
        "onnx/model.onnx": b"onnx" * 1000,
        "onnx/model_O4.onnx": b"onnx4" * 1000,
        "openvino/openvino_model.bin": b"ov" * 1000,
        "openvino/openvino_model.xml": b"<xml/>",
        "train_script.py": b"print('no')",
        "data_config.json": b"[]",
    }


NEEDED = {
    "README.md", "config.json", "modules.json", "1_Pooling/config.json", "2_Dense/config.json",
    "2_Dense/model.safetensors", "config_sentence_transformers.json", "sentence_bert_config.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
    "model.safetensors",
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[LoopbackHub]:
    """A hub with one model."""
    with serve() as running:
        running.add(NAME, published())
        yield running


@pytest.fixture
def hub(server: LoopbackHub, tmp_path: Path) -> Hub:
    """The hub's address, with an empty cache."""
    return Hub(server.endpoint, tmp_path / "cache", timeout=5)
