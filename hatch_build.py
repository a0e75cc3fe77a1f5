"""Builds the kernels into the package, where the machine is one they are for.

The machine's own C++ compilers are tried (`$CXX`, c++, g++, clang++), then the one that the package
ziglang brings; `scripts/kernels.py` runs them. Where none can build the kernels, the package is
whole without: OpenVINO then runs every network.
"""

from __future__ import annotations

import platform
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface):
    """Called by hatchling before it packs a wheel, an editable one too."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment must have: a compiler, where the machine has no fit one."""
        if not self._wanted():
            return []
        script = self._script()
        fit = any(not script["refusal"](compiler) for compiler in script["own_compilers"]())
        return [] if fit else ["ziglang>=0.15"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build, and tell that the wheel is for this kind of machine alone."""
        script = self._script()
        sources = runpy.run_path(str(Path(self.root) / script["NATIVE"] / "sources.py"))
        built: Path = sources["LIBRARY"]
        built.unlink(missing_ok=True)  # an older one would not fit
        if not self._wanted():
            return
        if not script["build"](built, self.app.display_warning):
            self.app.display_warning("the kernels were not built: OpenVINO runs every network")
            return
        build_data["artifacts"].append(str(built.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform_tag()}"

    def _wanted(self) -> bool:
        return self.target_name == "wheel" and platform.machine().lower() in ("x86_64", "amd64")

    def _script(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "scripts" / "kernels.py"))


def _platform_tag() -> str:
    import sysconfig

    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
