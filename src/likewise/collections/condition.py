"""SQL conditions on the columns of a collection, checked before the store reads them.

The store's parser stops where a condition is complete and ignores the rest of the line, so that
what follows a semicolon or an extra bracket would be ignored without an error.
"""

from __future__ import annotations

import re

from likewise.errors import InputError

_TOKEN = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)"""
    r"""|(?P<comment>--|/\*)|(?P<mark>[();'"`$])"""
)
_REFUSED = {
    ";": "has a semicolon, and only one condition is read",
    "$": "has a $, which is no part of a condition",
    "'": "has a text whose end is missing",
    '"': "has a name whose end is missing",
    "`": "has a name whose end is missing",
}


def checked(condition: str) -> str:
    """A condition in brackets, which the store reads to its end or refuses.

    Args:
        condition: SQL, such as `year > 2020 AND lang = 'en'`.

    Raises:
        InputError: it is empty, has several statements, a comment, or brackets without a partner.
    """
    if not condition.strip():
        raise _refusal(condition, "is empty")
    depth = 0
    for token in _TOKEN.finditer(condition):
        if token["comment"]:
            raise _refusal(condition, "has a comment")
        if token["mark"] in _REFUSED:
            raise _refusal(condition, _REFUSED[token["mark"]])
        depth += {"(": 1, ")": -1}.get(token["mark"] or "", 0)
        if depth < 0:
            raise _refusal(condition, "closes a bracket that was not opened")
    if depth:
        raise _refusal(condition, "leaves a bracket open")
    return f"({condition})"


def _refusal(condition: str, reason: str) -> InputError:
    return InputError(
        f"cannot search by the condition {condition!r}: it {reason}",
        hint="one SQL condition such as \"year > 2020 AND lang = 'en'\"; quote texts with '",
    )
