"""Questions on standard error, answered on standard input: by a person or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from likewise.cli.printing import note
from likewise.errors import InputError


def ask(lines: Sequence[str], choices: Sequence[str]) -> str | None:
    """Ask a question; on a terminal, until the answer is one of the choices.

    Raises:
        InputError: an answer from a pipe is none of the choices.
    """
    for line in lines:
        note(line)
    for answer in sys.stdin:
        word: str = answer.strip().lower()
        if word in choices:
            return word
        if word and not sys.stdin.isatty():
            raise InputError(
                f"{word!r} is not an answer", hint=f"one per line: {', '.join(choices)}"
            )
        if word:
            note(f"one of {', '.join(choices)}")
    return None
