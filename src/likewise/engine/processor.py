"""The identity of this processor's model."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
MAX_BYTES = 1 << 14
"""Bytes to read, enough for the first core; reading all cores of a large machine takes longer."""

FIELDS = (
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
)  # fmt: skip
"""Fields that are constant and the same for all processors of a model."""


def processor_identity(cpuinfo: Path = CPUINFO) -> tuple[str, ...]:
    """Properties that identify a processor model; constant on a machine."""
    found = [platform.machine()]
    try:
        with cpuinfo.open("rb") as file:
            first = file.read(MAX_BYTES).decode(errors="replace").split("\n\n")[0]
    except OSError:  # not Linux; there, platform.processor() would start a process
        return (*found, platform.processor())
    for line in first.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in FIELDS:
            found.append(f"{name.strip()}: {value.strip()}")
    return tuple(found)
