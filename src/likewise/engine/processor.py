"""What kind of processor this is."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
ENOUGH = 1 << 14
"""Bytes that hold the first processor's lines; all of a large machine's take milliseconds."""

FIELDS = (
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
)  # fmt: skip
"""Lines that are the same for every processor of a kind, and at every time."""


def processor_identity(cpuinfo: Path = CPUINFO) -> tuple[str, ...]:
    """What tells one kind of processor from another; the same in every process on one machine."""
    found = [platform.machine()]
    try:
        with cpuinfo.open("rb") as file:
            first = file.read(ENOUGH).decode(errors="replace").split("\n\n")[0]
    except OSError:  # not Linux, where the next call would start another process
        return (*found, platform.processor())
    for line in first.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in FIELDS:
            found.append(f"{name.strip()}: {value.strip()}")
    return tuple(found)
