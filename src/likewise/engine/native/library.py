"""The shared library of the kernels, next to this file if it was built."""

from __future__ import annotations

import ctypes
import os
from functools import cache

from likewise.engine.native import binding
from likewise.engine.native.sources import LIBRARY, sources_hash
from likewise.errors import InputError, UnsupportedModelError

FORMATS = {"int8": 0, "bfloat16": 1, "float32": 2}
"""The codes of the number formats in the kernels."""

INSTRUCTIONS = {"avx512": 1, "avx2": 0}
"""The codes of the instruction sets in the kernels, the preferred one first."""

INSTRUCTIONS_VARIABLE = "LIKEWISE_INSTRUCTIONS"
"""Environment variable with the instruction set to use."""

TILES = 8
"""The feature bit of AMX tiles, for int8 and bfloat16."""

STRUCTURES = (
    binding.LinearStruct,
    binding.LayerNormStruct,
    binding.LayerStruct,
    binding.NetworkStruct,
    binding.JobStruct,
)
"""In the order of `likewise_sizes`."""


@cache
def _opened() -> ctypes.CDLL | str:
    """The library, or the reason why it is unavailable."""
    if not LIBRARY.exists():
        return f"{LIBRARY.name} was not built"
    try:
        opened = ctypes.CDLL(str(LIBRARY))
        opened.likewise_sources.restype = ctypes.c_uint64
        fitting = opened.likewise_sources() == sources_hash()
        sizes = (ctypes.c_int32 * len(STRUCTURES))()
        opened.likewise_sizes(sizes)
    except OSError as error:
        reason = str(error).replace(str(LIBRARY), LIBRARY.name)  # shown to remote visitors too
        return f"{LIBRARY.name} cannot be loaded: {reason}"
    except AttributeError:
        fitting = False
    if not fitting or list(sizes) != list(map(ctypes.sizeof, STRUCTURES)):
        return f"{LIBRARY.name} was built from different sources"
    _declare(opened)
    return opened


def _declare(opened: ctypes.CDLL) -> None:
    opened.likewise_run.argtypes = (
        ctypes.POINTER(binding.NetworkStruct),
        ctypes.POINTER(binding.JobStruct),
    )
    pointer = ctypes.c_void_p
    opened.likewise_pack.argtypes = (
        ctypes.c_int, ctypes.c_int, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int,
        pointer, pointer, pointer,
    )  # fmt: skip
    opened.likewise_pack.restype = None


def library() -> ctypes.CDLL | None:
    """The library; None if it was not built from these sources for this system."""
    found = _opened()
    return None if isinstance(found, str) else found


def unavailable() -> str | None:
    """Why there is no library: not built, from different sources, or damaged; None if there is one.

    The reason names the file without its folder.
    """
    found = _opened()
    return found if isinstance(found, str) else None


def loaded() -> ctypes.CDLL:
    """The library.

    Raises:
        UnsupportedModelError: it was not built from these sources.
    """
    found = _opened()
    if isinstance(found, str):
        raise UnsupportedModelError(
            found, hint="reinstall likewise to build it; until then, OpenVINO runs the network"
        )
    return found


def instructions(compute: str = "float32") -> str:
    """The instruction set of the kernels in a number format.

    It is `LIKEWISE_INSTRUCTIONS`, else the processor's best: with AVX-512 alone, without VNNI, int8
    takes AVX2.

    Args:
        compute: one of `FORMATS`.

    Raises:
        InputError: `LIKEWISE_INSTRUCTIONS` is not one of `INSTRUCTIONS`.
    """
    chosen = os.environ.get(INSTRUCTIONS_VARIABLE)
    if chosen:
        if chosen not in INSTRUCTIONS:
            raise InputError(
                f"{INSTRUCTIONS_VARIABLE} is {chosen!r}", hint="one of " + ", ".join(INSTRUCTIONS)
            )
        return chosen
    return next((name for name in INSTRUCTIONS if _has(name, compute)), "avx2")


def features(compute: str = "float32") -> int | None:
    """The processor's features with the instruction set of a format; None without the library."""
    return features_with(instructions(compute))


def features_with(name: str) -> int | None:
    """The bits of `likewise_features` for one of `INSTRUCTIONS`; None without the library."""
    found = library()
    return None if found is None else _features(found, INSTRUCTIONS[name])


@cache
def _features(kernels: ctypes.CDLL, code: int) -> int:
    return int(kernels.likewise_features(code))


def supported() -> frozenset[str]:
    """The number formats that the kernels support on this processor."""
    return frozenset(compute for compute in FORMATS if _has(instructions(compute), compute))


def _has(name: str, compute: str) -> bool:
    """Whether the processor has what an instruction set needs for a number format."""
    return bool((features_with(name) or 0) >> FORMATS[compute] & 1)
