"""Builds the kernels into the package, where the machine is one they are for.

A C++ compiler of the machine's own is taken (`$CXX`, c++, g++, clang++), else the one that the
package ziglang brings. Where none can build them, the package is whole without: OpenVINO then runs
every network.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NATIVE = Path("src/likewise/engine/native")
SOURCE = NATIVE / "kernels" / "network.cpp"
SUFFIXES = {"win32": "dll", "darwin": "dylib"}
FLAGS = (
    "-O3", "-std=c++17", "-shared", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden",
    "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni", "-mavx512bf16", "-mfma",
    "-w",
)  # fmt: skip


class KernelsHook(BuildHookInterface):
    """Called by hatchling before it packs a wheel, an editable one too."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment must have: a compiler, where the machine has none."""
        return ["ziglang>=0.15"] if self._wanted() and not _own_compiler() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build, and tell that the wheel is for this kind of machine alone."""
        built = Path(self.root) / NATIVE / f"kernels.{SUFFIXES.get(sys.platform, 'so')}"
        built.unlink(missing_ok=True)  # an older one would not fit
        if not self._wanted() or not self._build(built):
            return
        build_data["artifacts"].append(str(built.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform_tag()}"

    def _wanted(self) -> bool:
        return self.target_name == "wheel" and platform.machine().lower() in ("x86_64", "amd64")

    def _build(self, built: Path) -> bool:
        compiler = _own_compiler() or _zig()
        if compiler is None:
            self.app.display_warning("no C++ compiler: built without kernels, OpenVINO runs all")
            return False
        position = () if sys.platform == "win32" else ("-fPIC",)
        making = built.with_name(f"making-{os.getpid()}-{built.name}")
        command = [*compiler, *FLAGS, *position, str(Path(self.root) / SOURCE), "-o", str(making)]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
                self.app.display_warning(f"kernels not built, OpenVINO runs all: {last}")
                return False
            making.replace(built)
        finally:
            making.unlink(missing_ok=True)
        return True


def _own_compiler() -> list[str] | None:
    names = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return [found] if found else None


def _zig() -> list[str] | None:
    if importlib.util.find_spec("ziglang") is None:
        return None
    return [sys.executable, "-m", "ziglang", "c++", "-s", "-fno-sanitize=all"]


def _platform_tag() -> str:
    import sysconfig

    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
