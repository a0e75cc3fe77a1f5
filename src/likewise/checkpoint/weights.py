"""A checkpoint's weights as NumPy arrays: safetensors, or PyTorch files that run no code."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """All tensors by name. float16 and bfloat16 come as float32.

    Raises:
        DamagedFileError: a file is missing, cut short or not what its name says.
        UnsupportedModelError: the weights lie in an ONNX graph alone.
        UnsupportedModelError: numbers in a format that is not read here.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for path in weight_files(folder):
        if path.suffix == ".onnx":
            raise UnsupportedModelError(
                f"{path} is an ONNX graph, whose weights have other names",
                hint="download model.safetensors as well",
            )
        read = _read_safetensors if path.suffix == ".safetensors" else read_pickled
        for name, tensor in read(path):
            tensors[name] = tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor
    return tensors


def _read_safetensors(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each tensor where it lies in the file, which is mapped: what is not read costs no memory."""
    with _opened(path):  # checks the header against the file's size
        mapped = np.memmap(path, np.uint8, "c")  # for OpenVINO, which wants to be able to write
    size = int.from_bytes(mapped[:8].tobytes(), "little")
    header = json.loads(mapped[8 : 8 + size].tobytes())
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind = entry["dtype"]
        if kind not in _NUMPY_KINDS:
            raise UnsupportedModelError(
                f"{path} holds {name!r} in the format {kind}, which is not read here",
                hint="use a copy of the checkpoint in float32, float16 or bfloat16",
            )
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensor = mapped[begin:end].view(np.ndarray).view(_NUMPY_KINDS[kind])
        tensor = tensor.reshape(entry["shape"])
        yield name, widen(tensor) if kind == "BF16" else tensor


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
