"""Folders as training leaves them: their vectors are those of sentence-transformers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

import likewise

NAMES = ("bert", "mpnet", "roberta", "distilbert", "modernbert", "nomic-bert", "gte",
         "nomic-bert-renamed", "gte-renamed")  # fmt: skip
"""Rows of the contract suite: one for each way that a family calls its tensors."""

Open = Callable[[Path], Any]
OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta",
             "emb_ln.weight": "emb_ln.gamma", "emb_ln.bias": "emb_ln.beta"}  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """What sentence-transformers saved after a step of training, and what it says of the texts."""

    folder: Path
    vectors: NDArray[np.float32]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def saved_checkpoints() -> dict[str, Saved]:
    """Those that are made already."""
    return {}


@pytest.fixture
def trained(  # noqa: PLR0917
    saved_checkpoints: dict[str, Saved],
    name: str,
    families: dict[str, Any],
    checkpoints: Any,
    texts: tuple[str, ...],
    sentence_transformer: Open,
) -> Saved:
    """Of one family; made once for all tests."""
    if name not in saved_checkpoints:
        plain = checkpoints.make(families[name])
        folder = plain.parent / f"{plain.name}-trained"
        model = sentence_transformer(plain)
        before = model.encode(list(texts))
        train(model, texts)
        vectors = model.encode(list(texts))
        assert np.abs(vectors - before).max() > 1e-4
        model.save_pretrained(str(folder))
        saved_checkpoints[name] = Saved(folder, vectors)
    return saved_checkpoints[name]


def train(model: Any, texts: tuple[str, ...]) -> None:
    """One step."""
    import torch

    model.train()
    vectors = model(model.preprocess(list(texts[:4])))["sentence_embedding"]
    vectors.square().sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.05).step()
    model.eval()


def copy(saved: Saved, folder: Path) -> Path:
    shutil.copytree(saved.folder, folder)
    return folder


def assert_alike(
    folder: Path, texts: tuple[str, ...], expected: NDArray[np.float32], runtime: str = "auto"
) -> None:
    model = likewise.load(folder, compute="float32", runtime=runtime)
    np.testing.assert_allclose(model.encode(texts), expected, atol=1e-5)


def renamed(folder: Path, rename: Callable[[str], str]) -> dict[str, Any]:
    weights = load_file(folder / "model.safetensors")
    return {rename(name): tensor for name, tensor in weights.items()}


def old_name(name: str) -> str:
    for end, old in OLD_NAMES.items():
        if name.endswith(end):
            return name.removesuffix(end) + old
    return name


def test_saved_by_sentence_transformers(
    trained: Saved, texts: tuple[str, ...], sentence_transformer: Open
) -> None:
    again = sentence_transformer(trained.folder).encode(list(texts))
    np.testing.assert_array_equal(again, trained.vectors)
    for runtime in ("auto", "openvino"):
        assert_alike(trained.folder, texts, trained.vectors, runtime)


def test_old_names_of_layer_normalisations(
    trained: Saved, name: str, texts: tuple[str, ...], tmp_path: Path, sentence_transformer: Open
) -> None:
    """As TensorFlow's checkpoints have them, and as transformers 5.5 saves what it has loaded."""
    folder = copy(trained, tmp_path / "old")
    weights = renamed(folder, old_name)
    assert any(n.endswith(".gamma") for n in weights) == (name != "modernbert")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    reference = sentence_transformer(folder).encode(list(texts))
    np.testing.assert_array_equal(reference, trained.vectors)
    assert_alike(folder, texts, trained.vectors)


def test_a_prefix_of_training_programs(
    trained: Saved, texts: tuple[str, ...], tmp_path: Path
) -> None:
    """transformers takes random weights for it, so the reference is what was saved."""
    folder = copy(trained, tmp_path / "wrapped")
    weights = renamed(folder, lambda name: f"module.{name}")
    save_file(weights, folder / "model.safetensors")
    assert_alike(folder, texts, trained.vectors)


def test_pytorch_files_whole_and_sharded(
    trained: Saved, texts: tuple[str, ...], tmp_path: Path
) -> None:
    import torch

    folder = copy(trained, tmp_path / "pickled")
    weights = {n: torch.from_numpy(t) for n, t in renamed(folder, old_name).items()}
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert_alike(folder, texts, trained.vectors, "openvino")
    (folder / "pytorch_model.bin").unlink()
    placed: dict[str, str] = {}
    for number, names in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({n: weights[n] for n in names}, folder / file)
        placed |= dict.fromkeys(names, file)
    index = {"metadata": {"total_size": 1}, "weight_map": placed}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert_alike(folder, texts, trained.vectors)


def test_safetensors_that_transformers_has_sharded(
    trained: Saved, texts: tuple[str, ...], tmp_path: Path, sentence_transformer: Open
) -> None:
    folder = copy(trained, tmp_path / "sharded")
    network = sentence_transformer(folder)[0].model
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="100KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    assert_alike(folder, texts, trained.vectors)
