"""A checkpoint's weights as NumPy arrays: safetensors, or PyTorch files that run no code."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from likewise.checkpoint.config import read_json
from likewise.checkpoint.pickled import read_pickled, widen
from likewise.errors import DamagedFileError, UnsupportedModelError

Weights = Mapping[str, NDArray[Any]]

_NUMPY_KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""safetensors' formats as NumPy has them; bfloat16, which it has not, by its bits."""

AGAIN = "the file is incomplete or damaged; download the checkpoint again"


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights: safetensors before PyTorch, whole before sharded.

    Where there is neither, the checkpoint's own ONNX graph holds them.

    Raises:
        DamagedFileError: there are none, or an index names one that is missing.
    """
    for stem in ("model.safetensors", "pytorch_model.bin"):
        if (whole := folder / stem).exists():
            return (whole,)
        if (index := folder / f"{stem}.index.json").exists():
            shards = _shards(index)
            return tuple(folder / shard for shard in shards)
    if graph := onnx_file(folder):
        return (graph,)
    raise DamagedFileError(
        f"{folder} holds no weights: neither model.safetensors nor pytorch_model.bin",
        hint="download the checkpoint again, or name a folder that has them",
    )


def _shards(index: Path) -> list[str]:
    """The files that an index names, each of which must lie beside it."""
    named = read_json(index).get("weight_map")
    files = list(named.values()) if isinstance(named, dict) else []
    if not files or not all(isinstance(f, str) and Path(f).name == f for f in files):
        raise DamagedFileError(f"{index} names no files beside it in weight_map", hint=AGAIN)
    shards = sorted(set(files))
    for shard in shards:
        if not (index.parent / shard).exists():
            raise DamagedFileError(
                f"{index.parent / shard} is missing, named in {index.name}", hint=AGAIN
            )
    return shards


def onnx_file(folder: Path) -> Path | None:
    """The checkpoint's own ONNX graph, where it has one."""
    places = (folder / "onnx" / "model.onnx", folder / "model.onnx")
    return next((path for path in places if path.exists()), None)


@dataclass(frozen=True)
class _Stored:
    """One tensor of a file.

    Attributes:
        path: the file.
        read: gives the tensor.
    """

    path: Path
    read: Callable[[], NDArray[Any]]


class _StoredWeights(Mapping[str, NDArray[Any]]):
    """Tensors that are read, and checked to be finite, when they are asked for.

    They are read into memory, not mapped: a mapped file that is cut short later kills the process.
    A tensor that is still in use is not read twice.
    """

    def __init__(self, stored: Mapping[str, _Stored]) -> None:
        self._stored = stored
        self._in_use: WeakValueDictionary[str, NDArray[Any]] = WeakValueDictionary()

    def __getitem__(self, name: str) -> NDArray[Any]:
        tensor = self._in_use.get(name)
        if tensor is None:
            stored = self._stored[name]
            tensor = stored.read()
            if tensor.dtype == np.float16:
                tensor = tensor.astype(np.float32)
            if not is_finite(tensor):
                raise not_finite(name, stored.path)
            self._in_use[name] = tensor
        return tensor

    def __contains__(self, name: object) -> bool:
        return name in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def read_weights(folder: Path) -> Weights:
    """All tensors by name, each read when it is asked for. float16 and bfloat16 come as float32.

    Raises:
        DamagedFileError: a file is missing, cut short or not what its name says. Also when a tensor
            is asked for that holds NaN or infinity.
        UnsupportedModelError: the weights lie in an ONNX graph alone.
        UnsupportedModelError: numbers in a format that is not read here.
    """
    stored: dict[str, _Stored] = {}
    for path in weight_files(folder):
        if path.suffix == ".onnx":
            raise UnsupportedModelError(
                f"{path} is an ONNX graph, whose weights have other names",
                hint="download model.safetensors as well",
            )
        read = _read_safetensors if path.suffix == ".safetensors" else _read_pickled
        stored.update(read(path))
    return _StoredWeights(stored)


def is_finite(tensor: NDArray[Any]) -> bool:
    """Whether it holds neither NaN nor infinity; integers never do."""
    if tensor.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        total = tensor.sum()  # one fast pass; not finite either where finite numbers overflow
    return bool(np.isfinite(total) or np.isfinite(tensor).all())


def not_finite(name: str, path: Path) -> DamagedFileError:
    """The error for a tensor that `is_finite` refuses."""
    return DamagedFileError(
        f"the tensor {name!r} in {path} holds NaN or infinity",
        hint="the checkpoint is damaged, or its training diverged; download it again, or use "
        "another one",
    )


def _read_pickled(path: Path) -> Iterator[tuple[str, _Stored]]:
    for name, tensor in read_pickled(path):
        yield name, _Stored(path, partial(np.asarray, tensor))


def _read_safetensors(path: Path) -> Iterator[tuple[str, _Stored]]:
    """Each tensor's place in the file."""
    with _opened(path), path.open("rb") as file:  # checks the header against the file's size
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind = entry["dtype"]
        if kind not in _NUMPY_KINDS:
            raise UnsupportedModelError(
                f"{path} holds {name!r} in the format {kind}, which is not read here",
                hint="use a copy of the checkpoint in float32, float16 or bfloat16",
            )
        begin = 8 + size + entry["data_offsets"][0]
        yield name, _Stored(path, partial(_read_tensor, path, kind, begin, tuple(entry["shape"])))


def _read_tensor(path: Path, kind: str, begin: int, shape: tuple[int, ...]) -> NDArray[Any]:
    tensor = np.empty(shape, _NUMPY_KINDS[kind])
    rest = tensor.reshape(-1).view(np.uint8).data
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(begin)
            while rest:
                count = file.readinto(rest)
                if not count:
                    raise DamagedFileError(f"{path} was cut short while it was read", hint=AGAIN)
                rest = rest[count:]
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=AGAIN) from error
    return widen(tensor) if kind == "BF16" else tensor


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="np") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=AGAIN) from error


def parameter_count(folder: Path) -> int:
    """Number of weights, from the header alone where the file has one.

    Raises:
        DamagedFileError: a file is missing, cut short or not what its name says.
    """
    total = 0
    for path in weight_files(folder):
        if path.suffix == ".safetensors":
            with _opened(path) as file:
                shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
        else:
            shapes = [tensor.shape for _, tensor in read_pickled(path)]
        total += sum(math.prod(shape) for shape in shapes)
    return total
