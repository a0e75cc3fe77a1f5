"""Removes folders of the server from what clients receive."""

from __future__ import annotations

import math
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from likewise.cache import cache_folder
from likewise.hub.locate import added_models

TEXTS = frozenset({"text", "texts", "query", "fields", "title", "terms", "exemplars", "pos", "neg"})
"""Keys of results whose values are texts of users; they stay as they are."""


class Redaction:
    """Shortens paths: files of a job to their names, other folders of the server to a last name.

    Args:
        state: the folder of jobs and uploaded files.
        public: folders that clients know as the root of names, such as the data folder.
        hidden: other folders, such as the store.
    """

    def __init__(
        self, state: Path, public: Sequence[Path] = (), hidden: Sequence[Path] = ()
    ) -> None:
        inside = r"(?:jobs|uploads)[/\\][0-9a-f]+|sources[/\\][^/\\\s]+[/\\][^/\\\s]+"
        own = rf"{re.escape(str(state))}[/\\](?:{inside})"
        roots = "|".join([own, *(re.escape(str(root)) for root in public)])
        self._own = re.compile(rf"(?:{roots})[/\\]")
        folders = {state, *public, *hidden, *_known_folders()}
        names = sorted({str(path) for path in folders} - {"/"}, key=len, reverse=True)
        listed = "|".join(map(re.escape, names))
        self._hidden = re.compile(rf"(?<![\w/.:])(?:{listed})(?:[/\\][^\s'\",;:)]*)?")

    def __call__(self, value: Any) -> Any:
        """The same value with shorter paths; numbers that JSON cannot hold become null."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, Mapping):
            return {
                str(key): _finite(each) if key in TEXTS else self(each)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            if value and isinstance(value[0], float) and all(map(math.isfinite, value)):
                return list(value)
            return [self(each) for each in value]
        return str(value) if isinstance(value, Path) else value

    def text(self, text: str) -> str:
        """A message or a path without folders of the server."""
        return self._hidden.sub(_last_name, self._own.sub("", text))


def _known_folders() -> set[Path]:
    """Folders of any server whose paths may be part of messages."""
    found = {Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir()), cache_folder()}
    with suppress(RuntimeError):  # no home folder
        found.add(Path.home())
    if added := added_models():
        found.add(added)
    if hub := os.environ.get("HF_HOME"):
        found.add(Path(hub))
    return found


def _last_name(found: re.Match[str]) -> str:
    return Path(found.group()).name


def _finite(value: Any) -> Any:
    """The same value, with null for numbers that JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
