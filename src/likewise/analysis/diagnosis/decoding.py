"""What numbers may have been before they were read in another number format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FORMATS = ("<f4", ">f4", "<f8", ">f8", "<f2", ">f2")
NAMES = {
    "<f4": "float32", "<f8": "float64", "<f2": "float16", "|u1": "byte", "|i1": "int8",
    ">f4": "big-endian float32", ">f8": "big-endian float64", ">f2": "big-endian float16",
}  # fmt: skip
LARGEST = 1e4
"""Numbers above this are no components of an embedding."""


@dataclass(frozen=True)
class Decoding:
    """One way to read the numbers of a file.

    Attributes:
        values: float64 `[n, dimensions]`.
        mistake: how the file came to hold other numbers; empty where they are as they should be.
        advice: how to read them rightly.
        binary: whether only the signs of the numbers are there.
    """

    values: Values
    mistake: str = ""
    advice: str = ""
    binary: bool = False


def decodings(values: NDArray[Any]) -> Iterator[Decoding]:
    """The ways to read numbers that give plausible vectors, the plain one first.

    Args:
        values: `[n, numbers]`, in the format of the file.
    """
    plain = values.astype(np.float64)
    if _plausible(plain) or values.dtype.kind in "iu":
        signs = bool(np.all(np.abs(plain) == np.abs(plain[0, 0])) and plain[0, 0])
        yield Decoding(plain, binary=signs or _is_bits(plain))
    for source in _sources(values):
        yield from _read_again(source, values.shape[1])
    if (packed := _as_bytes(values)) is not None:
        bits = np.unpackbits(packed, axis=1).astype(np.float64)
        yield Decoding(bits * 2 - 1, binary=True)


def _sources(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The numbers in their own format and in narrower ones that hold them exactly."""
    if values.dtype.kind == "f":
        yield np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        for narrow in (np.float32, np.float16):
            if np.dtype(narrow).itemsize < values.dtype.itemsize:
                with np.errstate(over="ignore", invalid="ignore"):
                    cast = values.astype(narrow)
                if np.array_equal(cast.astype(values.dtype), values, equal_nan=True):
                    yield np.ascontiguousarray(cast, cast.dtype.newbyteorder("<"))
    if (packed := _as_bytes(values)) is not None:
        yield packed


def _as_bytes(values: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Numbers that are all bytes, signed or not, as bytes."""
    with np.errstate(invalid="ignore"):
        if not np.all((values == np.floor(values)) & (values >= -128) & (values <= 255)):
            return None
    if values.min() < 0 and values.max() > 127:
        return None
    return np.ascontiguousarray(values.astype(np.int16) & 255, np.uint8)


def _read_again(source: NDArray[Any], numbers: int) -> Iterator[Decoding]:
    size = source.shape[1] * source.dtype.itemsize
    held = NAMES[source.dtype.str]
    for target in FORMATS:
        if target == source.dtype.str or size % np.dtype(target).itemsize:
            continue
        with np.errstate(invalid="ignore", over="ignore"):
            values = source.view(target).astype(np.float64)
        if not _plausible(values):
            continue
        count, name = values.shape[1], NAMES[target]
        yield Decoding(
            values,
            f"{numbers} {held} numbers are {count} {name} numbers read in the wrong format",
            f'decode the bytes with np.frombuffer(data, "{target}")',
        )


def _plausible(values: Values) -> bool:
    return bool(np.isfinite(values).all() and np.abs(values).max() < LARGEST and values.any())


def _is_bits(values: Values) -> bool:
    return bool(np.isin(values, (0, 1)).all())
