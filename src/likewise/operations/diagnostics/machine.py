"""Processor, memory and disk."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from likewise.engine.cores import cgroup_quota, usable_cores
from likewise.operations.diagnostics.contract import GIB, Check

INSTRUCTION_SETS = (
    ("AVX2", ("avx2",)),
    ("AVX-512", ("avx512f",)),
    ("VNNI", ("avx512_vnni", "avx_vnni")),
    ("BF16", ("avx512_bf16", "amx_bf16")),
    ("AMX", ("amx_tile",)),
)
X86 = ("x86_64", "AMD64")


def cores() -> Iterator[Check]:
    """How many cores this process may use."""
    usable, machine, quota = usable_cores(), os.cpu_count() or 1, cgroup_quota()
    detail = f"{usable} usable of {machine} in the machine"
    if quota is not None:
        detail += f", container quota {quota:g}"
    if usable < machine:
        yield Check("cores", "warn", detail, "let the process use more of them for more speed")
    else:
        yield Check("cores", "ok", detail)


def instructions() -> Iterator[Check]:
    """The instruction sets that matter here."""
    try:
        flags = set(re.findall(r"[\w.]+", Path("/proc/cpuinfo").read_text(encoding="utf-8")))
    except OSError:
        yield Check("processor", "ok", f"{platform.processor() or platform.machine()}")
        return
    if platform.machine() not in X86:
        yield Check("processor", "ok", platform.machine())
        return
    has = {name: any(flag in flags for flag in known) for name, known in INSTRUCTION_SETS}
    detail = ", ".join(f"{name} {'yes' if here else 'no'}" for name, here in has.items())
    if not has["AVX2"]:
        hint = "everything is slow without AVX2; use a newer machine"
        yield Check("processor", "warn", detail, hint)
    else:
        yield Check("processor", "ok", detail)


def memory() -> Iterator[Check]:
    """Memory of the machine, or of the container if that is less."""
    try:
        meminfo = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:
        yield Check("memory", "ok", "not known on this system")
        return
    kib = dict(re.findall(r"(\w+):\s+(\d+) kB", meminfo))
    total, free = (int(kib[name]) * 1024 / GIB for name in ("MemTotal", "MemAvailable"))
    limit = memory_limit()
    if limit is not None and limit < total:
        total, free = limit, min(free, limit)
    detail = f"{total:.1f} GiB, {free:.1f} GiB free"
    if free < 1:
        hint = "small models need about 1 GiB, large ones 4 GiB"
        yield Check("memory", "warn", detail, hint)
    else:
        yield Check("memory", "ok", detail)


def memory_limit(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """GiB that the container may use; None if there is no limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int((root / name).read_text()) / GIB
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return None


def folders() -> Iterator[Check]:
    """The folders that are written to."""
    from huggingface_hub.constants import HF_HUB_CACHE

    for name, folder in (("hub cache", Path(HF_HUB_CACHE)), ("working folder", Path.cwd())):
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        free = shutil.disk_usage(existing).free / GIB
        detail = f"{folder}, {free:.1f} GiB free"
        if not os.access(existing, os.W_OK):
            yield Check(name, "warn", f"{detail}, not writable", "HF_HOME chooses another cache")
        elif free < 1:
            yield Check(name, "warn", detail, "free some space; a model takes 0.1 to 1.5 GiB")
        else:
            yield Check(name, "ok", detail)
