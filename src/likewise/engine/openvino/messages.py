"""OpenVINO's error messages, without the source paths of the machine it was built on."""

from __future__ import annotations

import re

_PLACE = re.compile(r"(?:Exception from|Check '.*?' failed at) \S+\.(?:cpp|hpp|cc|h):\d+:?\s*")


def without_source_paths(message: str) -> str:
    """The last line of a message, without references to OpenVINO's source files.

    Args:
        message: the text of an error, of one or several lines.
    """
    lines = [_PLACE.sub("", line).strip() for line in message.splitlines()]
    lines = [line for line in lines if line]
    return lines[-1] if lines else "no reason is given"
