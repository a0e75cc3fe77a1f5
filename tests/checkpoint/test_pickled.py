"""PyTorch's files, written by PyTorch itself and read without it."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.checkpoint.pickled import read_pickled
from likewise.checkpoint.weights import read_weights
from likewise.errors import DamagedFileError

torch = pytest.importorskip("torch")


def saved(tmp_path: Path, state: Any, **options: Any) -> Path:
    torch.save(state, tmp_path / "pytorch_model.bin", **options)
    return tmp_path / "pytorch_model.bin"


DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
          "bool")  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_format(dtype: str, tmp_path: Path) -> None:
    tensor = (torch.randn(3, 5, generator=torch.manual_seed(0)) * 10).to(getattr(torch, dtype))
    state = {"a": tensor, "scalar": tensor[0, 0].clone(), "none": tensor[:0].clone()}
    found = dict(read_pickled(saved(tmp_path, state)))
    for name, value in state.items():
        expected = value.float().numpy() if dtype == "bfloat16" else value.numpy()
        np.testing.assert_array_equal(found[name], expected)
        assert found[name].shape == expected.shape
        assert found[name].dtype == expected.dtype


def test_views_of_one_storage(tmp_path: Path) -> None:
    base = torch.arange(60.0).reshape(3, 4, 5)
    state = {
        "whole": base,
        "transposed": base.transpose(0, 2),
        "part": base[1:, ::2, 1:4],
        "expanded": base[0, 0, :1].expand(7),
        "tied": base,
        "flat": base.view(-1)[17:23],
    }
    found = dict(read_pickled(saved(tmp_path, state)))
    assert list(found) == list(state)
    for name, value in state.items():
        np.testing.assert_array_equal(found[name], value.numpy())


def test_parameters_and_wrappers(tmp_path: Path) -> None:
    layer = torch.nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    for state in (
        layer.state_dict(),
        dict(layer.named_parameters()),
        {"state_dict": layer.state_dict(), "epoch": 3, "note": "text"},
    ):
        found = dict(read_pickled(saved(tmp_path, state)))
        assert set(found) == {"weight", "bias"}
        np.testing.assert_array_equal(found["weight"], layer.weight.detach().numpy())


def test_half_formats_come_as_float32(tmp_path: Path) -> None:
    saved(tmp_path, {"a": torch.ones(2, dtype=torch.float16), "b": torch.ones(2).bfloat16()})
    assert {t.dtype for t in read_weights(tmp_path).values()} == {np.dtype(np.float32)}


class _Hostile:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return (Path.touch, (self.target,))


def test_code_is_refused_and_never_run(tmp_path: Path) -> None:
    trap = tmp_path / "it-ran"
    file = saved(tmp_path, {"a": torch.ones(2), "b": _Hostile(trap)})
    with pytest.raises(DamagedFileError, match="which weights never need") as caught:
        dict(read_pickled(file))
    assert str(file) in caught.value.message
    assert not trap.exists()
    torch.load(file, weights_only=False)  # the trap is a real one
    assert trap.exists()


@pytest.mark.parametrize(
    "code",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"ccollections\nOrderedDict\n.",
        b"\x80\x02K\x01.",
        b"\x80\x02]q\x00.",
        b"",
        b"rubbish",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00)R.",
        b"\x80\x02}X\x01\x00\x00\x00aK\x01Qs.",
    ],
)
def test_strange_pickles_are_refused(code: bytes, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", code)
    with pytest.raises(DamagedFileError):
        dict(read_pickled(file))


def test_a_tensor_beyond_its_storage(tmp_path: Path) -> None:
    file = saved(tmp_path, {"a": torch.arange(6.0)})
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for name, content in entries.items():
        if name.endswith("data/0"):
            entries[name] = content[:8]
    short = tmp_path / "short.bin"
    with zipfile.ZipFile(short, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(DamagedFileError, match="storage 0 is cut short"):
        dict(read_pickled(short))


@pytest.mark.parametrize("keep", [0, 10, 200, 0.5, 0.99])
def test_a_truncated_file(keep: float, tmp_path: Path) -> None:
    file = saved(tmp_path, {"a": torch.ones(100)})
    content = file.read_bytes()
    file.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(DamagedFileError, match=r"pytorch_model\.bin") as caught:
        read_weights(tmp_path)
    assert caught.value.hint


def test_the_format_before_zip_is_named(tmp_path: Path) -> None:
    file = saved(tmp_path, {"a": torch.ones(2)}, _use_new_zipfile_serialization=False)
    with pytest.raises(DamagedFileError, match="PyTorch weights") as caught:
        dict(read_pickled(file))
    assert "safetensors" in caught.value.hint


def test_a_bare_pickle(tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    file.write_bytes(pickle.dumps({"a": np.ones(2)}))
    with pytest.raises(DamagedFileError):
        dict(read_pickled(file))
