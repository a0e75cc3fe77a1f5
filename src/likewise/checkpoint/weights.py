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

_NUMPY_KINDS = frozenset(
    ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
)

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
    with _opened(path) as file:
        for name in file.keys():  # noqa: SIM118 - a handle, not a mapping
            kind = file.get_slice(name).get_dtype()
            if kind == "BF16":
                yield name, _read_bfloat16(path, name)
            elif kind in _NUMPY_KINDS:
                yield name, file.get_tensor(name)
            else:
                raise UnsupportedModelError(
                    f"{path} holds {name!r} in the format {kind}, which is not read here",
                    hint="use a copy of the checkpoint in float32, float16 or bfloat16",
                )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="np") as file:  # checks the header against the file's size
            yield file
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=AGAIN) from error


def _read_bfloat16(path: Path, name: str) -> NDArray[np.float32]:
    """One tensor as float32; NumPy has no bfloat16, whose bits are the upper half of a float32."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(size))[name]
        begin, end = entry["data_offsets"]
        file.seek(8 + size + begin)
        return widen(np.frombuffer(file.read(end - begin), "<u2").reshape(entry["shape"]))


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
