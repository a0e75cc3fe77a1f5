"""The one door to optional packages: a missing one names the pip extra that brings it."""

from __future__ import annotations

import importlib
from types import ModuleType

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
            raise  # the package is there, and something it needs itself is not
        raise MissingExtraError(
            f"this needs the package {module!r}, which is not installed",
            hint=f'pip install "likewise[{extra}]"',
        ) from error
