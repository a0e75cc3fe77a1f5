"""PyTorch's `.bin` files, read without PyTorch and without executing code.

Such a file is a zip archive of a pickle and raw storages. The unpickler only allows the dozen names
that a dictionary of tensors needs, so a malicious file cannot execute anything. Format:
torch/serialization.py and torch/_utils.py of PyTorch 2.
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import DamagedFileError

MAX_EXPANDED = 2**16
"""Maximum number of elements of a tensor with more elements than its storage (strides of 0)."""

DOWNLOAD_AGAIN = "download the checkpoint again, if possible in the safetensors format"

_DTYPES: dict[str, str] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "<u2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}


@dataclass(frozen=True)
class _Storage:
    kind: str
    values: NDArray[Any]


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> NDArray[Any]:
    """A tensor as a contiguous array. All arguments come from the file and are checked."""
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor has no storage")
    numbers = (offset, *_numbers(shape), *_numbers(strides))
    if len(shape) != len(strides) or not all(type(n) is int and n >= 0 for n in numbers):
        raise pickle.UnpicklingError("a tensor's offset, sizes or strides are invalid")
    stored, count = len(storage.values), math.prod(shape)
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if offset > stored or (count and last >= stored):
        raise pickle.UnpicklingError("a tensor exceeds its storage")
    if count > max(stored, MAX_EXPANDED):
        raise pickle.UnpicklingError(f"a tensor expands {stored} numbers to {count}")
    item_size = storage.values.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage.values[offset:],
        shape,
        [stride * item_size for stride in strides] if count else None,
    )
    if storage.kind == "BFloat16Storage":
        return widen(view)
    return np.ascontiguousarray(view).reshape(shape)


def _numbers(sizes: Any) -> tuple[Any, ...]:
    if type(sizes) is not tuple:
        raise pickle.UnpicklingError("a tensor's sizes and strides are not tuples")
    return sizes


def widen(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Float32 from the bits of bfloat16, which are the upper half of those of float32."""
    wide = np.zeros((*bits.shape, 2), "<u2")
    wide[..., 1] = bits
    return wide.view("<f4")[..., 0]


def _rebuild_parameter(tensor: NDArray[Any], *_: Any) -> NDArray[Any]:
    return tensor


_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(archive.open(f"{root}data.pkl"))
        self._archive, self._root = archive, root
        self._storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if allowed := _ALLOWED.get((module, name)):
            return allowed
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"it uses {module}.{name}, which is not needed for weights")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count = pid
        if key not in self._storages:
            self._storages[key] = self._read(str(kind), key)
        storage = self._storages[key]
        if storage.kind != kind:
            raise pickle.UnpicklingError(f"storage {key} has two number formats")
        if type(count) is not int or not 0 <= count <= len(storage.values):
            raise pickle.UnpicklingError(f"storage {key} is truncated")
        return storage

    def _read(self, kind: str, key: Any) -> _Storage:
        entry = self._archive.getinfo(f"{self._root}data/{key}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise pickle.UnpicklingError(f"storage {key} is compressed, which PyTorch never does")
        content = bytearray(
            self._archive.read(entry)
        )  # writable: OpenVINO needs writable constants
        return _Storage(kind, np.frombuffer(content, _DTYPES[kind]))


def read_pickled(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """The names and tensors of a file.

    Raises:
        DamagedFileError: it is missing, truncated, or contains other things than tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pickled = next(n for n in archive.namelist() if n.endswith("data.pkl"))
            content = _Unpickler(archive, pickled.removesuffix("data.pkl")).load()
    except Exception as error:  # a pickle can raise any error
        raise DamagedFileError(
            f"{path} cannot be read as PyTorch weights: {error}",
            hint=DOWNLOAD_AGAIN,
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    tensors = state if isinstance(state, dict) else {}
    if not any(isinstance(value, np.ndarray) for value in tensors.values()):
        raise DamagedFileError(f"{path} contains no named tensors", hint=DOWNLOAD_AGAIN)
    for name, value in tensors.items():
        if isinstance(value, np.ndarray):
            yield str(name), value
