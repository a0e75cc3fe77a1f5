"""The machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
"""Processor features that decide how fast matrices multiply."""


@dataclass(frozen=True)
class Machine:
    """A machine.

    Attributes:
        processor: its name.
        cores: those this process may use.
        flags: which of `FLAGS` it has.
        memory: GiB.
        system: kernel name and release.
        python: version.
    """

    processor: str
    cores: int
    flags: tuple[str, ...]
    memory: float
    system: str
    python: str


def this_machine() -> Machine:
    """This machine; fields that the operating system does not report are empty or 0."""
    info = _cpuinfo()
    present = set(info.get("flags", "").split())
    return Machine(
        processor=info.get("model name", platform.processor()),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        flags=tuple(flag for flag in FLAGS if flag in present),
        memory=_memory(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def _cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    block = path.read_text().split("\n\n")[0]
    pairs = (line.partition(":") for line in block.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory() -> float:
    if not hasattr(os, "sysconf"):
        return 0.0
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
