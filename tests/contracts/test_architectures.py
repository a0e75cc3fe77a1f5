"""One suite over all families: the same vectors as transformers and sentence-transformers give."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import likewise
from likewise.engine.native import supported
from likewise.engine.openvino import runtime as openvino_runtime
from likewise.engine.openvino import stream_pool
from likewise.errors import DamagedFileError, UnsupportedModelError

Cosine = Callable[[Any, Any], float]
Open = Callable[[Path], Any]


def test_float32_vectors_are_those_of_sentence_transformers(
    checkpoints: Any,
    family: Any,
    texts: tuple[str, ...],
    cosine: Cosine,
    sentence_transformer: Open,
) -> None:
    folder = checkpoints.make(family)
    model, reference = likewise.load(folder, compute="float32"), sentence_transformer(folder)
    assert model.max_seq_length == reference.max_seq_length == 192
    expected = reference.encode(list(texts), batch_size=5)
    assert cosine(model.encode(texts), expected) > 0.99999
    np.testing.assert_allclose(model.encode(texts), expected, atol=1e-5)
    # without any padding and without neighbours, and at the maximal length
    for text in (texts[0], texts[-1]):
        assert cosine([model.encode(text)], [reference.encode(text)]) > 0.99999


def test_a_text_gives_the_same_bits_alone_and_among_any_neighbours(
    checkpoints: Any, family: Any, texts: tuple[str, ...]
) -> None:
    model = likewise.load(checkpoints.make(family), compute="float32")
    alone = np.stack([model.encode(text) for text in texts])
    np.testing.assert_array_equal(model.encode(texts), alone)
    shuffled = np.random.default_rng(3).permutation(np.repeat(np.arange(len(texts)), 30))
    np.testing.assert_array_equal(model.encode([texts[i] for i in shuffled]), alone[shuffled])


@pytest.mark.parametrize("compute", ["float32", "auto"])
def test_graphs_of_static_row_length_give_the_same_bits(
    compute: str,
    checkpoints: Any,
    family: Any,
    texts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = checkpoints.make(family)
    many = list(texts) * 40
    expected = likewise.load(folder, compute=compute).encode(many)
    monkeypatch.setattr(stream_pool, "STATIC_MIN_LENGTH", 1)
    monkeypatch.setattr(stream_pool, "STATIC_MIN_TOKENS", 1)
    monkeypatch.setattr(openvino_runtime, "MAX_STATIC", 99)
    np.testing.assert_array_equal(likewise.load(folder, compute=compute).encode(many), expected)


def test_token_states_are_those_of_transformers(
    checkpoints: Any, family: Any, texts: tuple[str, ...], cosine: Cosine
) -> None:
    import torch
    import transformers

    folder = checkpoints.make(family)
    network = transformers.AutoModel.from_pretrained(folder)
    model = likewise.load(folder, compute="float32")
    for text, states in zip(texts[:6], model.token_embeddings(texts[:6]), strict=True):
        token_ids = torch.from_numpy(model.tokenize([text])["input_ids"])
        with torch.no_grad():
            expected = network(token_ids).last_hidden_state[0].numpy()
        assert cosine(states, expected) > 0.99999


def test_bfloat16_stays_close(
    checkpoints: Any, family: Any, texts: tuple[str, ...], cosine: Cosine
) -> None:
    folder = checkpoints.make(family)
    close = likewise.load(folder, compute="bfloat16").encode(texts)
    assert cosine(close, likewise.load(folder, compute="float32").encode(texts)) > 0.999


def test_int8_runs_and_points_the_same_way(  # noqa: PLR0917
    checkpoints: Any,
    family: Any,
    texts: tuple[str, ...],
    cosine: Cosine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path))
    folder = checkpoints.make(family)
    coarse = likewise.load(folder, compute="int8")
    exact = likewise.load(folder, compute="float32").encode(texts)
    assert cosine(coarse.encode(texts), exact) > 0.97
    assert coarse.compute == "int8"


def test_a_head_on_top_does_not_hide_the_network(
    checkpoints: Any, family: Any, texts: tuple[str, ...], tmp_path: Path
) -> None:
    import transformers

    plain = checkpoints.make(family)
    folder = tmp_path / "with-head"
    shutil.copytree(plain, folder)
    prefix = getattr(transformers, family.model).base_model_prefix + "."
    tensors = load_file(plain / "model.safetensors")
    headed = {prefix + name: tensor for name, tensor in tensors.items()}
    headed["classifier.weight"] = np.zeros((2, 48), np.float32)
    save_file(headed, folder / "model.safetensors")
    expected = likewise.load(plain, compute="float32").encode(texts)
    np.testing.assert_array_equal(likewise.load(folder, compute="float32").encode(texts), expected)


def test_a_missing_tensor_is_named(checkpoints: Any, family: Any, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(checkpoints.make(family), folder)
    tensors = load_file(folder / "model.safetensors")
    missing = max(name for name in tensors if "layer" in name and name.endswith("weight"))
    del tensors[missing]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(DamagedFileError, match=missing.rsplit(".", 1)[0]):
        likewise.load(folder, compute="float32")


FULL_SIZE = ("bert", "mpnet", "roberta", "distilbert", "modernbert", "nomic-bert", "gte")
"""One of each architecture: the others differ in the tokenizer or the names of tensors."""


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL_SIZE)
def test_full_size(  # noqa: PLR0917
    checkpoints: Any,
    families: dict[str, Any],
    name: str,
    texts: tuple[str, ...],
    cosine: Cosine,
    sentence_transformer: Open,
    tmp_path: Path,
) -> None:
    folder = checkpoints.make_full(families[name], tmp_path)
    expected = sentence_transformer(folder).encode(list(texts))
    for runtime in (
        ("auto", "openvino") if supported() else ("openvino",)
    ):  # with and without kernels
        exact = likewise.load(folder, compute="float32", runtime=runtime)
        close = likewise.load(folder, compute="bfloat16", runtime=runtime)
        assert cosine(exact.encode(texts), expected) > 0.99999
        assert cosine(close.encode(texts), expected) > 0.999


def test_unknown_variants_are_refused(
    checkpoints: Any, families: dict[str, Any], tmp_path: Path, change_json: Callable[..., None]
) -> None:
    from likewise.checkpoint.config import read_config
    from likewise.engine.openvino.graph import build

    folder = tmp_path / "variant"
    shutil.copytree(checkpoints.make(families["bert"]), folder)
    change_json(folder / "config.json", position_embedding_type="relative_key")
    with pytest.raises(UnsupportedModelError, match="position_embedding_type 'relative_key'"):
        build(read_config(folder))
