"""The weights of a checkpoint as NumPy arrays, from safetensors or PyTorch files."""

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

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""NumPy's data types of the safetensors formats; bfloat16 as its bits."""

DOWNLOAD_AGAIN = "the file is incomplete or damaged; download the checkpoint again"


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files with the weights: safetensors, else PyTorch; a single file, else shards.

    If there are neither, the checkpoint's ONNX graph.

    Raises:
        DamagedFileError: there are none, or a shard is missing.
    """
    for stem in ("model.safetensors", "pytorch_model.bin"):
        if (single := folder / stem).exists():
            return (single,)
        if (index := folder / f"{stem}.index.json").exists():
            return tuple(folder / shard for shard in _shards(index))
    if graph := onnx_file(folder):
        return (graph,)
    raise DamagedFileError(
        f"{folder} contains no weights: neither model.safetensors nor pytorch_model.bin",
        hint="download the checkpoint again, or choose a folder that has them",
    )


def _shards(index: Path) -> list[str]:
    """The files that an index names; they must be in its folder."""
    weight_map = read_json(index).get("weight_map")
    files = list(weight_map.values()) if isinstance(weight_map, dict) else []
    if not files or not all(isinstance(f, str) and Path(f).name == f for f in files):
        raise DamagedFileError(
            f"the weight_map in {index} does not name files of its folder", hint=DOWNLOAD_AGAIN
        )
    shards = sorted(set(files))
    for shard in shards:
        if not (index.parent / shard).exists():
            raise DamagedFileError(
                f"{index.parent / shard} is missing, named in {index.name}", hint=DOWNLOAD_AGAIN
            )
    return shards


def onnx_file(folder: Path) -> Path | None:
    """The checkpoint's ONNX graph; None if it has none."""
    paths = (folder / "onnx" / "model.onnx", folder / "model.onnx")
    return next((path for path in paths if path.exists()), None)


@dataclass(frozen=True)
class _StoredTensor:
    """One tensor of a file.

    Attributes:
        path: the file.
        read: reads the tensor.
    """

    path: Path
    read: Callable[[], NDArray[Any]]


class _LazyWeights(Mapping[str, NDArray[Any]]):
    """Tensors that are read, and checked to be finite, on access.

    They are read into memory, not memory-mapped: if a mapped file was truncated later, the process
    would be killed. A tensor that is still in use is not read again.
    """

    def __init__(self, stored: Mapping[str, _StoredTensor]) -> None:
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
    """All tensors by name, each read on access. float16 and bfloat16 are converted to float32.

    Raises:
        DamagedFileError: a file is missing, truncated or in another format. On access: a tensor
            contains NaN or infinity.
        UnsupportedModelError: there is only an ONNX graph, or a number format is not supported.
    """
    stored: dict[str, _StoredTensor] = {}
    for path in weight_files(folder):
        if path.suffix == ".onnx":
            raise UnsupportedModelError(
                f"{path} is an ONNX graph; its weights have different names",
                hint="download model.safetensors as well",
            )
        read = _read_safetensors if path.suffix == ".safetensors" else _read_pickled
        stored.update(read(path))
    return _LazyWeights(stored)


def is_finite(tensor: NDArray[Any]) -> bool:
    """Whether a tensor contains neither NaN nor infinity."""
    if tensor.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        total = tensor.sum()  # one fast pass; may also overflow for finite numbers
    return bool(np.isfinite(total) or np.isfinite(tensor).all())


def not_finite(name: str, path: Path) -> DamagedFileError:
    """The error for a tensor that is not finite."""
    return DamagedFileError(
        f"the tensor {name!r} in {path} contains NaN or infinity",
        hint="the checkpoint is damaged, or its training diverged; download it again, or use "
        "another one",
    )


def _read_pickled(path: Path) -> Iterator[tuple[str, _StoredTensor]]:
    for name, tensor in read_pickled(path):
        yield name, _StoredTensor(path, partial(np.asarray, tensor))


def _read_safetensors(path: Path) -> Iterator[tuple[str, _StoredTensor]]:
    """The tensors of a file, located by its header."""
    with _opened(path), path.open("rb") as file:  # checks the header
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind = entry["dtype"]
        if kind not in _DTYPES:
            raise UnsupportedModelError(
                f"{path} contains {name!r} in the format {kind}, which is not supported",
                hint="use a copy of the checkpoint in float32, float16 or bfloat16",
            )
        offset = 8 + size + entry["data_offsets"][0]
        yield (
            name,
            _StoredTensor(path, partial(_read_tensor, path, kind, offset, tuple(entry["shape"]))),
        )


def _read_tensor(path: Path, kind: str, offset: int, shape: tuple[int, ...]) -> NDArray[Any]:
    tensor = np.empty(shape, _DTYPES[kind])
    remaining = tensor.reshape(-1).view(np.uint8).data
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            while remaining:
                count = file.readinto(remaining)
                if not count:
                    raise DamagedFileError(
                        f"{path} was truncated while it was read", hint=DOWNLOAD_AGAIN
                    )
                remaining = remaining[count:]
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=DOWNLOAD_AGAIN) from error
    return widen(tensor) if kind == "BF16" else tensor


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="np") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=DOWNLOAD_AGAIN) from error


def parameter_count(folder: Path) -> int:
    """Number of weights; of safetensors files only the headers are read.

    Raises:
        DamagedFileError: a file is missing, truncated or in another format.
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
