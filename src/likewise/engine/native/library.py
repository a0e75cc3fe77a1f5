"""The shared library of the kernels, which lies beside this file where it could be built."""

from __future__ import annotations

import ctypes
from functools import cache

from likewise.engine.native import binding
from likewise.engine.native.sources import LIBRARY, sources_hash
from likewise.errors import UnsupportedModelError

FORMATS = {"int8": 0, "bfloat16": 1, "float32": 2}
"""How the kernels call the number formats."""

TILES = 8
"""The bit of processors with AMX, on whose tiles int8 and bfloat16 are multiplied."""


STRUCTURES = (
    binding.LinearStruct,
    binding.NormStruct,
    binding.LayerStruct,
    binding.NetworkStruct,
    binding.JobStruct,
)
"""In the order of `network.hpp`."""


@cache
def _opened() -> ctypes.CDLL | str:
    """The library; or why there is none for these sources and this system."""
    if not LIBRARY.exists():
        return f"{LIBRARY.name} was not built"
    try:
        found = ctypes.CDLL(str(LIBRARY))
        found.likewise_sources.restype = ctypes.c_uint64
        fitting = found.likewise_sources() == sources_hash()
        sizes = (ctypes.c_int32 * len(STRUCTURES))()
        found.likewise_sizes(sizes)
    except OSError as error:
        reason = str(error).replace(str(LIBRARY), LIBRARY.name)  # shown to remote visitors too
        return f"{LIBRARY.name} cannot be loaded: {reason}"
    except AttributeError:
        fitting = False
    if not fitting or list(sizes) != list(map(ctypes.sizeof, STRUCTURES)):
        return f"{LIBRARY.name} was built from other sources than these"
    _declare(found)
    return found


def _declare(found: ctypes.CDLL) -> None:
    found.likewise_run.argtypes = (
        ctypes.POINTER(binding.NetworkStruct),
        ctypes.POINTER(binding.JobStruct),
    )
    pointer = ctypes.c_void_p
    found.likewise_pack.argtypes = (
        ctypes.c_int, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int, pointer, pointer, pointer,
    )  # fmt: skip
    found.likewise_pack.restype = None


def library() -> ctypes.CDLL | None:
    """The library; None where it was not built, from these sources and for this system."""
    found = _opened()
    return None if isinstance(found, str) else found


def unavailable() -> str | None:
    """Why there is no library: not built, built from other sources, or damaged; None if there is.

    The reason names the file without its folder.
    """
    found = _opened()
    return found if isinstance(found, str) else None


def loaded() -> ctypes.CDLL:
    """The library.

    Raises:
        UnsupportedModelError: it was not built, or not from these sources.
    """
    found = _opened()
    if isinstance(found, str):
        raise UnsupportedModelError(
            found, hint="install likewise again to build it; until then OpenVINO runs the network"
        )
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
