"""The number of processor cores that this process may use."""

from __future__ import annotations

import os
from pathlib import Path

from likewise.errors import InputError

CORES_VARIABLE = "LIKEWISE_CORES"
"""Environment variable with the most cores that this process may use."""


def usable_cores() -> int:
    """Number of cores that this process may use; at least 1.

    It is limited by CPU affinity, the container's quota and `LIKEWISE_CORES`.

    Raises:
        InputError: `LIKEWISE_CORES` is not a number above 0.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = cgroup_quota()
    return max(1, min(cores, int(quota) if quota else cores, _limit() or cores))


def _limit() -> int | None:
    value = os.environ.get(CORES_VARIABLE)
    if not value:
        return None
    if not value.isdigit() or not int(value):
        raise InputError(f"{CORES_VARIABLE} is {value!r}", hint="give a number of cores, such as 4")
    return int(value)


def cgroup_quota(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """The container's CPU quota in cores, of cgroup version 2 or 1; None if unlimited."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    return None if quota in ("max", "-1") else int(quota) / int(period)
