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

INTERFACE = 2
"""What `likewise_interface` must answer, or the library was built from other sources."""

TILES = 8
"""The bit of processors with AMX, on whose tiles int8 and bfloat16 are multiplied."""


@cache
def library() -> ctypes.CDLL | None:
    """The library; None where it was not built, from these sources and for this system."""
    try:
        found = ctypes.CDLL(str(PATH))
        if found.likewise_interface() != INTERFACE:
            return None
    except (OSError, AttributeError):
        return None
    found.likewise_run.argtypes = (ctypes.POINTER(Network), ctypes.POINTER(Job))
    pointer = ctypes.c_void_p
    found.likewise_pack.argtypes = (
        ctypes.c_int, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int, pointer, pointer, pointer,
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


def features() -> int | None:
    """What the processor has, in the bits of `likewise_features`; None without the library."""
    found = library()
    return None if found is None else int(found.likewise_features())


@cache
def supported() -> frozenset[str]:
    """The number formats that the kernels have on this processor."""
    bits = features() or 0
    return frozenset(name for name, place in FORMATS.items() if bits >> place & 1)
