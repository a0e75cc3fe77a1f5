"""A checkpoint's weights as NumPy arrays: safetensors, or PyTorch files that run no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from likewise.checkpoint.config import read_json
from likewise.checkpoint.pickled import read_pickled
from likewise.errors import DamagedFileError

Weights = Mapping[str, NDArray[Any]]

AGAIN = "the file is incomplete or damaged; download the checkpoint again"


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights: safetensors before PyTorch, whole before sharded.

    Raises:
        DamagedFileError: there are none, or an index names one that is missing.
    """
    for stem in ("model.safetensors", "pytorch_model.bin"):
        if (whole := folder / stem).exists():
            return (whole,)
        if (index := folder / f"{stem}.index.json").exists():
            shards = sorted(set(read_json(index).get("weight_map", {}).values()))
            for shard in shards:
                if not (folder / shard).exists():
                    raise DamagedFileError(
                        f"{folder / shard} is missing, named in {index.name}", hint=AGAIN
                    )
            return tuple(folder / shard for shard in shards)
    raise DamagedFileError(
        f"{folder} holds no weights: neither model.safetensors nor pytorch_model.bin",
        hint="download the checkpoint again, or name a folder that has them",
    )


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """All tensors by name. float16 and bfloat16 come as float32.

    Raises:
        DamagedFileError: a file is missing, cut short or not what its name says.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for path in weight_files(folder):
        read = _read_safetensors if path.suffix == ".safetensors" else read_pickled
        for name, tensor in read(path):
            tensors[name] = tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor
    return tensors


def _read_safetensors(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 - a handle, not a mapping
                tensor = file.get_tensor(name)
                yield name, _widen(tensor)
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=AGAIN) from error


def _widen(tensor: NDArray[Any]) -> NDArray[Any]:
    return tensor.astype(np.float32) if tensor.dtype.name in ("float16", "bfloat16") else tensor


def parameter_count(folder: Path) -> int:
    """Number of weights, from the header alone where the file has one."""
    total = 0
    for path in weight_files(folder):
        if path.suffix != ".safetensors":
            return sum(t.size for t in read_weights(folder).values())
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        shapes = (v["shape"] for k, v in header.items() if k != "__metadata__")
        total += sum(int(np.prod(shape)) for shape in shapes)
    return total


def sha256(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Hash of a file, read piece by piece; `progress` is told the bytes of each piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            if progress:
                progress(len(piece))
    return digest.hexdigest()


def verify_sha256(path: Path, expected: str) -> None:
    """Hold a file against the hash it must have.

    Raises:
        DamagedFileError: it has another.
    """
    found = sha256(path)
    if found != expected:
        raise DamagedFileError(
            f"{path} has SHA-256 {found[:12]}…, expected {expected[:12]}…", hint=AGAIN
        )
