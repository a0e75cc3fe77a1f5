"""Errors in the words that a client sees: what happened and what to do, no paths of the server."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Mapping
from typing import Any

from likewise.errors import LikewiseError

_log = logging.getLogger("likewise.mcp")

_FOLDERS = re.compile(
    r"(?<![\w.:/\\])(?:[A-Za-z]:\\(?:[^\\/:*?\"<>|\r\n]+\\)+|~?/(?:[^/\s'\",;:]+/)+)"
)
"""The folders of an absolute path, on POSIX and on Windows; an address such as s3:// is none."""


def problem_text(error: Exception, arguments: Mapping[str, Any]) -> str:
    """Message and hint of an error; one that is not the project's own is logged.

    Args:
        error: what was raised.
        arguments: of the call; paths that the caller named stay as they are.
    """
    if not isinstance(error, LikewiseError):
        number = uuid.uuid4().hex[:8]
        _log.error("unexpected error %s", number, exc_info=error)
        return f"unexpected error {number}; the server's log has the details"
    text = f"{error.message}\nhint: {error.hint}" if error.hint else error.message
    return without_folders(text, arguments)


def without_folders(text: str, arguments: Mapping[str, Any]) -> str:
    """The text with files of the server by their names alone, but for those the caller named."""
    given = json.dumps(arguments, ensure_ascii=False, default=str)
    return _FOLDERS.sub(lambda found: found[0] if found[0] in given else "", text)
