"""Checks which models a visitor on another machine may load."""

from __future__ import annotations

import os
from pathlib import Path

from likewise.hub import catalog
from likewise.hub.cache import is_hub_id
from likewise.hub.locate import MODELS
from likewise.web.messages import PageError


def check_remote(name: str) -> None:
    """Check that a model is a name or a folder in `models/`; no other path may be read.

    Raises:
        PageError: another path.
    """
    if catalog.find(name) is not None:
        return
    below = name.split("/", maxsplit=1)[0] == MODELS.name
    if is_hub_id(name) and not below and not Path(name).exists():
        return
    # `..` is refused, since after a link it could leave the folder
    inside = Path(os.path.abspath(name)).is_relative_to(MODELS.absolute())
    if "\0" in name or ".." in Path(name).parts or name.startswith("~") or not inside:
        raise PageError("failure.remote_folder")
