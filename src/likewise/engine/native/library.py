"""The shared library of the kernels, which lies beside this file where it could be built."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path

from likewise.engine.native.binding import Job, Network
from likewise.errors import UnsupportedModelError

SUFFIXES = {"win32": "dll", "darwin": "dylib"}
PATH = Path(__file__).parent / f"kernels.{SUFFIXES.get(sys.platform, 'so')}"

FORMATS = {"int8": 0, "bfloat16": 1, "float32": 2}
"""How the kernels call the number formats."""

TILES = 8
"""The bit of processors with AMX, whose products OpenVINO makes faster than these kernels do."""


@cache
def library() -> ctypes.CDLL | None:
    """The library; None where it was not built, or is not for this system."""
    try:
        found = ctypes.CDLL(str(PATH))
    except OSError:
        return None
    found.likewise_run.argtypes = (ctypes.POINTER(Network), ctypes.POINTER(Job))
    pointer = ctypes.c_void_p
    found.likewise_pack.argtypes = (
        ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int, pointer, pointer, pointer,
    )  # fmt: skip
    found.likewise_pack.restype = None
    return found


def loaded() -> ctypes.CDLL:
    """The library.

    Raises:
        UnsupportedModelError: it was not built.
    """
    found = library()
    if found is None:
        raise UnsupportedModelError(f"{PATH} was not built", hint="OpenVINO runs it")
    return found


@cache
def supported() -> frozenset[str]:
    """The number formats in which the kernels are the best choice on this processor."""
    found = library()
    features = found.likewise_features() if found else 0
    if features & TILES:
        return frozenset()
    return frozenset(name for name, bit in FORMATS.items() if features >> bit & 1)
