"""Versions of Likewise, of Python and of the packages that Likewise uses."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import likewise
from likewise.operations.diagnostics.contract import Check

CORE_PACKAGES = ("openvino", "numpy", "tokenizers", "safetensors", "huggingface-hub")
EXTRAS = (
    ("web", "gradio"), ("store", "lancedb"), ("explore", "openTSNE"), ("files", "pyarrow"),
    ("documents", "pypdf"), ("evaluate", "scikit-learn"), ("int8", "nncf"), ("train", "torch"),
)  # fmt: skip
"""The extras that commands need, each with a package that shows whether it is installed."""


def packages() -> Iterator[Check]:
    """Likewise, its dependencies and its extras."""
    system = f"{platform.system()} {platform.machine()}"
    yield Check(
        "likewise", "ok", f"{likewise.__version__}, Python {platform.python_version()}, {system}"
    )
    found = ", ".join(f"{name} {package_version(name)}" for name in CORE_PACKAGES)
    yield Check("packages", "ok", found)
    for extra, package in EXTRAS:
        installed = package_version(package)
        name = f"extra {extra}"
        if installed:
            yield Check(name, "ok", f"{package} {installed}")
        else:
            hint = f'pip install "likewise[{extra}]"'
            yield Check(name, "ok", f"{package} is not installed (optional)", hint)


def package_version(package: str) -> str | None:
    """The version of an installed package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
