"""Weights: safetensors whole and sharded, PyTorch's files, and what is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from likewise.checkpoint import weights
from likewise.errors import DamagedFileError, UnsupportedModelError

TENSORS: dict[str, NDArray[Any]] = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array([1, 2], np.int64),
    "c": np.array([0.5, -2], np.float16),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / "model.safetensors")
    return tmp_path


def test_whole(folder: Path) -> None:
    found = weights.read_weights(folder)
    assert set(found) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor)
    assert found["c"].dtype == np.float32
    assert weights.parameter_count(folder) == 10


def test_bfloat16_from_safetensors(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    tensor = torch.randn(4, 4).bfloat16()
    save_torch({"a": tensor}, tmp_path / "model.safetensors")
    found = weights.read_weights(tmp_path)["a"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, tensor.float().numpy())


def test_an_unknown_format(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    save_torch({"a": torch.ones(2).to(torch.float8_e4m3fn)}, tmp_path / "model.safetensors")
    with pytest.raises(UnsupportedModelError, match="format F8_E4M3"):
        weights.read_weights(tmp_path)
    assert weights.parameter_count(tmp_path) == 2


def shard(folder: Path) -> None:
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    for name, file in names.items():
        save_file({name: TENSORS[name]}, folder / file)
    index = {"metadata": {}, "weight_map": names}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_sharded(tmp_path: Path) -> None:
    shard(tmp_path)
    found = weights.read_weights(tmp_path)
    assert {name: t.shape for name, t in found.items()} == {"a": (2, 3), "b": (2,)}
    assert weights.parameter_count(tmp_path) == 8


def test_a_missing_shard(tmp_path: Path) -> None:
    shard(tmp_path)
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(DamagedFileError, match=r"model-00002-of-00002.* is missing"):
        weights.read_weights(tmp_path)


@pytest.mark.parametrize(
    "index", ["{}", '{"weight_map": {}}', '{"weight_map": []}', '{"weight_map": {"a": 1}}',
              '{"weight_map": {"a": "../../elsewhere.safetensors"}}', "[]", "{"]
)  # fmt: skip
def test_a_strange_index(index: str, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(DamagedFileError, match=r"index\.json"):
        weights.read_weights(tmp_path)


def test_sharded_pytorch_files(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for name, file in (("a", "pytorch_model-1.bin"), ("b", "pytorch_model-2.bin")):
        torch.save({name: torch.from_numpy(TENSORS[name])}, tmp_path / file)
    index = {"weight_map": {"a": "pytorch_model-1.bin", "b": "pytorch_model-2.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert set(weights.read_weights(tmp_path)) == {"a", "b"}
    assert weights.parameter_count(tmp_path) == 8


def test_safetensors_come_before_pytorch(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"rubbish")
    assert set(weights.read_weights(folder)) == set(TENSORS)


def test_none(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="contains no weights") as caught:
        weights.read_weights(tmp_path)
    assert str(tmp_path) in caught.value.message
    assert caught.value.hint


HEADERS = {
    "empty": b"",
    "half a length": b"\x10\x00",
    "length beyond the file": (1 << 40).to_bytes(8, "little") + b"{}",
    "no JSON": (4).to_bytes(8, "little") + b"rubb",
    "no object": (2).to_bytes(8, "little") + b"[]",
    "no shape": (8).to_bytes(8, "little") + b'{"a":{}}',
    "a page of the web": b"<!doctype html><html><body>404</body></html>",
    "a pointer of git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:53aa\n",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_rubbish(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(HEADERS[kind])
    for read in (weights.read_weights, weights.parameter_count):
        with pytest.raises(DamagedFileError) as caught:
            read(tmp_path)
        assert str(file) in caught.value.message
        assert caught.value.hint


def test_truncated(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(DamagedFileError) as caught:
        weights.read_weights(folder)
    assert str(file) in caught.value.message


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").mkdir()
    for read in (weights.read_weights, weights.parameter_count):
        with pytest.raises(DamagedFileError, match=r"model\.safetensors"):
            read(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["float64", "float32", "float16"])
def test_tensors_that_are_not_finite_are_named(value: float, kind: str, tmp_path: Path) -> None:
    tensor = np.ones((3, 5), kind)
    tensor[1, 2] = value
    save_file({"fine": np.ones(2, np.float32), "bad": tensor}, tmp_path / "model.safetensors")
    found = weights.read_weights(tmp_path)
    assert found["fine"].sum() == 2
    with pytest.raises(
        DamagedFileError, match=r"'bad' in .*model\.safetensors contains NaN or inf"
    ):
        found["bad"]


def test_opposite_infinities_and_finite_numbers_of_a_large_sum(tmp_path: Path) -> None:
    opposite = np.array([np.inf, -np.inf], np.float32)
    large = np.full(9, 3e38, np.float32)
    save_file({"opposite": opposite, "large": large}, tmp_path / "model.safetensors")
    found = weights.read_weights(tmp_path)
    np.testing.assert_array_equal(found["large"], large)
    with pytest.raises(DamagedFileError, match="'opposite'"):
        found["opposite"]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("pickled", [False, True])
def test_nan_in_each_format_and_kind_of_file(dtype: str, pickled: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    tensors = {"bad": torch.tensor([1.0, float("nan")], dtype=getattr(torch, dtype))}
    name = "pytorch_model.bin" if pickled else "model.safetensors"
    (torch.save if pickled else save_torch)(tensors, tmp_path / name)
    with pytest.raises(DamagedFileError, match=f"'bad' in .*{name}"):
        weights.read_weights(tmp_path)["bad"]


def test_cut_short_after_it_was_opened(folder: Path) -> None:
    found = weights.read_weights(folder)
    first = found["a"]
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:16])
    np.testing.assert_array_equal(first, TENSORS["a"])
    assert found["a"] is first  # in use, so not read again
    with pytest.raises(DamagedFileError, match="was truncated"):
        found["b"]


def test_empty_and_single_tensors(tmp_path: Path) -> None:
    tensors = {"none": np.empty((0, 3), np.float32), "one": np.array(2.5, np.float32)}
    save_file(tensors, tmp_path / "model.safetensors")
    found = weights.read_weights(tmp_path)
    assert found["none"].shape == (0, 3)
    assert found["one"] == 2.5
    assert "two" not in found
    assert len(found) == 2
