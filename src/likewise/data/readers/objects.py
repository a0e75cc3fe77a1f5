"""Reads JSON Lines, and JSON lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from likewise.data.readers.contract import Problem, Row, SourceFile
from likewise.data.readers.encodings import decode, read_lines
from likewise.data.readers.limits import read_whole
from likewise.errors import RecordError
from likewise.wording import with_article


def read_jsonl(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """A text or an object per line; blank lines are skipped."""
    for line in read_lines(stream, source):
        if line.problem or line.text.strip():
            yield Row(line.number, line.problem or _parsed(line.text))


def read_json(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The texts or objects of a list, which is read whole.

    Raises:
        RecordError: the file is too large, not valid JSON, or not a list.
    """
    for number, item in enumerate(json_list(stream, source), 1):
        yield Row(number, item)


def json_list(stream: BinaryIO, source: SourceFile) -> list[Any]:
    """The items of a JSON list, in any encoding.

    Raises:
        RecordError: the file is too large, not valid JSON, or not a list.
    """
    items = _parsed(decode(read_whole(stream, source), source))
    if isinstance(items, Problem):
        raise RecordError(f"{source.name}: {items.reason}", hint=items.hint)
    if not isinstance(items, list):
        raise RecordError(
            f"{source.name} contains {with_article(type(items).__name__)}, expected a list",
            hint='a list of texts, ["a", "b"], or of objects, [{"text": "a"}]',
        )
    return items


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return Problem(f"not valid JSON: {error}", "check for a missing quote or comma")
