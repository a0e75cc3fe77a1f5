"""What OpenVINO says of an error, without the paths of the machine that it was built on."""

from __future__ import annotations

import re

_PLACE = re.compile(r"(?:Exception from|Check '.*?' failed at) \S+\.(?:cpp|hpp|cc|h):\d+:?\s*")


def without_source_paths(message: str) -> str:
    """The last line of a message that is not about OpenVINO's own source files.

    Args:
        message: the text of an error, of one or several lines.
    """
    lines = [_PLACE.sub("", line).strip() for line in message.splitlines()]
    said = [line for line in lines if line]
    return said[-1] if said else "no reason is given"
