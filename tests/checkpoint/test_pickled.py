"""PyTorch's files, written by PyTorch itself and read without it."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
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
    assert all(tensor.flags.writeable for tensor in found.values())  # OpenVINO takes no others
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
    with pytest.raises(DamagedFileError, match="which is not needed for weights") as caught:
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
    with pytest.raises(DamagedFileError, match="storage 0 is truncated"):
        dict(read_pickled(short))


def crafted(  # noqa: PLR0917
    tmp_path: Path,
    offset: Any,
    shape: Any,
    strides: Any,
    count: Any = 64,
    kinds: tuple[Any, ...] = (torch.FloatStorage,),
) -> Path:
    """A file whose pickle places one tensor for each kind in a storage of 64 numbers."""

    class Storage:
        def __init__(self, kind: Any) -> None:
            self.kind = kind

    class Tensor:
        def __init__(self, kind: Any) -> None:
            self.kind = kind

        def __reduce__(self) -> Any:
            arguments: tuple[Any, ...] = (
                Storage(self.kind),
                offset,
                shape,
                strides,
                False,
                OrderedDict(),
            )
            return (torch._utils._rebuild_tensor_v2, arguments)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if isinstance(value, Storage):
                return ("storage", value.kind, "0", "cpu", count)
            return None

    content = io.BytesIO()
    Pickler(content, protocol=2).dump(dict(zip("ab", map(Tensor, kinds), strict=False)))
    file = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content.getvalue())
        archive.writestr("archive/data/0", np.arange(64, dtype="<f4").tobytes())
    return file


def test_a_crafted_file_within_its_storage_is_read(tmp_path: Path) -> None:
    found = dict(read_pickled(crafted(tmp_path, 4, (2, 3), (10, 2))))["a"]
    np.testing.assert_array_equal(found, [[4, 6, 8], [14, 16, 18]])
    assert dict(read_pickled(crafted(tmp_path, 64, (0, 3), (3, 1))))["a"].shape == (0, 3)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (-1, (2,), (1,)),
        (-64, (64,), (1,)),
        (-65, (1,), (1,)),
        (-1, (), ()),
        (64, (), ()),
        (60, (5,), (1,)),
        (0, (65,), (1,)),
        (0, (2, 2), (63, 1)),
        (0, (2,), (-1,)),
        (5, (2,), (-1,)),
        (0, (-3,), (1,)),
        (0, (-3, -3), (1, 1)),
        (0, (0, -3), (1, 1)),
        (65, (0,), (1,)),
        (-1, (0,), (1,)),
        (0, (2**62, 2**62), (0, 0)),
        (0, (2**40,), (0,)),
        (0, (2,), (2**63,)),
        (2**64, (1,), (1,)),
        (0, (2**64,), (1,)),
        (0, (2, 2), (1,)),
        (0, (2.0,), (1,)),
        (0, (2,), (1.5,)),
        (0.0, (2,), (1,)),
        (True, (2,), (1,)),
        (0, "ab", (1, 1)),
        (0, None, None),
        (0, (1,) * 65, (1,) * 65),
    ],
)
def test_sizes_that_reach_beyond_the_storage(
    offset: Any, shape: Any, strides: Any, tmp_path: Path
) -> None:
    file = crafted(tmp_path, offset, shape, strides)
    with pytest.raises(DamagedFileError, match=r"pytorch_model\.bin"):
        dict(read_pickled(file))


@pytest.mark.parametrize("count", [-1, 65, 2**70, 1.5, None, "64"])
def test_storages_of_another_size_than_stated(count: Any, tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match=r"pytorch_model\.bin"):
        dict(read_pickled(crafted(tmp_path, 0, (2,), (1,), count)))


def test_one_storage_with_two_number_formats(tmp_path: Path) -> None:
    """PyTorch gives each storage one format; the second is not read by the size of the first."""
    file = crafted(tmp_path, 0, (2,), (1,), kinds=(torch.FloatStorage, torch.ByteStorage))
    with pytest.raises(DamagedFileError, match="storage 0 has two number formats"):
        dict(read_pickled(file))


def test_a_small_storage_is_not_repeated_without_end(tmp_path: Path) -> None:
    """Two million elements from 64, by a stride of 0."""
    with pytest.raises(DamagedFileError, match="expands"):
        dict(read_pickled(crafted(tmp_path, 0, (2_000_000,), (0,))))


def test_a_compressed_storage_is_not_unpacked(tmp_path: Path) -> None:
    file = crafted(tmp_path, 0, (2,), (1,))
    with zipfile.ZipFile(file) as archive:
        code = archive.read("archive/data.pkl")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", code, zipfile.ZIP_STORED)
        archive.writestr("archive/data/0", bytes(10_000_000))
    with pytest.raises(DamagedFileError, match="compressed"):
        dict(read_pickled(file))


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
