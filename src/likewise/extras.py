"""Import of optional packages; the error for a missing one names the pip extra to install."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any

from likewise.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional package.

    Args:
        module: dotted name, such as `gradio`.
        extra: the extra of this project that installs it, such as `web`.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module + ".").startswith(error.name + "."):
            raise  # the package is installed, but one of its dependencies is not
        raise MissingExtraError(
            f"this needs the package {module!r}, which is not installed",
            hint=f'pip install "likewise[{extra}]"',
        ) from error


class _Deferred(ModuleType):
    """A package whose `__init__` runs on the first access to a missing attribute."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        with _RUNNING:
            if spec is not None and spec.loader is not None and not vars(self).get("_begun"):
                vars(self)["_begun"] = True  # names that are missing meanwhile are missing
                try:
                    spec.loader.exec_module(self)
                except BaseException:
                    del vars(self)["_begun"]
                    raise
            if name in vars(self):
                return vars(self)[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


_RUNNING = threading.RLock()


def defer(package: str) -> None:
    """Run a package's `__init__` on the first access to one of its attributes.

    Its submodules can be imported before that. This helps with a package that imports hundreds of
    modules of which only a few are needed. Nothing is done if it is loaded already or not
    installed.

    Args:
        package: its name, without dots.
    """
    spec = None if package in sys.modules else importlib.util.find_spec(package)
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        module.__class__ = _Deferred
        sys.modules[package] = module
