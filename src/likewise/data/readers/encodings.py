"""Decodes bytes: UTF-8 unless another encoding is detected."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from likewise.data.readers.contract import Problem, SourceFile
from likewise.data.readers.detection import guess_encoding, likely_encoding
from likewise.data.readers.limits import raw_lines, too_long
from likewise.errors import RecordError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, and the encodings that drop them."""

SAMPLE = 2**16
"""Bytes, from the first non-ASCII character, by which an encoding is detected."""

_NON_ASCII = re.compile(rb"[\x80-\xff]")

_STATED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([-\w]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its line end.

    Attributes:
        number: from 1.
        text: its text; bytes that cannot be decoded are replaced, a line over the limit is empty.
        problem: why it cannot be read; None if it can.
        size: in bytes.
    """

    number: int
    text: str
    problem: Problem | None = None
    size: int = 0


def read_lines(stream: BinaryIO, source: SourceFile) -> Iterator[Line]:
    """The lines of a file.

    The encoding is that of the byte order mark, else UTF-8, else the one detected in the first
    lines that are not UTF-8; it is reported to `source`. A line over the limit is a problem.

    Raises:
        RecordError: the encoding is unknown, or UTF-16 is damaged.
    """
    buffer = cast(io.BufferedReader, stream)
    given = source.encoding and _name(source.encoding)
    encoding = given or marked_encoding(buffer.peek(64)[:64])
    if encoding:
        source.set_encoding(encoding, "given" if given else "mark")
    if encoding and encoding.startswith(("utf-16", "utf-32")):
        yield from _wide(buffer, encoding, source)
        return
    for number, line in enumerate(_decoded(buffer, encoding, source), 1):
        yield Line(number, *line)


def decode(data: bytes, source: SourceFile, *, errors: str = "strict") -> str:
    """Decode a whole file.

    Args:
        data: its bytes.
        source: the file.
        errors: `strict`, or `replace` for bytes that are not valid in the encoding.

    Raises:
        RecordError: the encoding is unknown, or a byte is not valid in it.
    """
    given = source.encoding and _name(source.encoding)
    if encoding := given or marked_encoding(data[:64]):
        source.set_encoding(encoding, "given" if given else "mark")
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            sample = _sample(data)
            found = guess_encoding(sample)
            if found is None:
                problem = _undecodable(error, "utf-8", sample)
                raise RecordError(f"{source.name}: {problem.reason}", hint=problem.hint) from error
            source.set_encoding(found, "guessed")
            encoding = found
        else:
            source.set_encoding("utf-8", "valid")
            return text
    if encoding == "utf-8":
        encoding = "utf-8-sig"  # also reads files without a mark
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError as error:
        problem = _undecodable(error, encoding, _sample(data))
        raise RecordError(f"{source.name}: {problem.reason}", hint=problem.hint) from error


def decode_page(data: bytes, source: SourceFile) -> str:
    """Decode a web page, which may state its encoding.

    Raises:
        RecordError: the encoding is unknown.
    """
    stated = _STATED.search(data[:4096])
    if stated and not source.encoding and not marked_encoding(data[:64]):
        with contextlib.suppress(LookupError):
            encoding = codecs.lookup(stated[1].decode()).name
            text = data.decode(encoding, errors="replace")
            source.set_encoding(encoding, "stated")
            return text
    return decode(data, source, errors="replace")


def _name(encoding: str) -> str:
    """The canonical name of an encoding in Python."""
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise _unknown(encoding) from error


def _unknown(encoding: str) -> RecordError:
    return RecordError(
        f"unknown encoding {encoding!r}", hint="for example utf-8, utf-16, gb18030, cp1252"
    )


def marked_encoding(head: bytes) -> str | None:
    """The encoding of a file by its first bytes: a byte order mark, or zeros in every other one."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[::2], head[1::2]
    if len(odd) >= 4 and odd.count(0) > 0.4 * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(even) >= 4 and even.count(0) > 0.4 * len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def _wide(buffer: io.BufferedReader, encoding: str, source: SourceFile) -> Iterator[Line]:
    text = io.TextIOWrapper(buffer, encoding, newline="\n")
    limit = source.limits.row // 2
    try:
        number = 0
        while line := text.readline(limit + 1):
            number += 1
            if len(line) <= limit:
                yield Line(number, line, size=2 * len(line))
                continue
            while not line.endswith("\n") and (line := text.readline(limit)):
                pass
            yield Line(number, "", too_long(source.limits.row))
    except UnicodeError as error:
        raise RecordError(
            f"{source.name} is not complete {encoding.upper()}: {error}",
            hint="download or export the file again",
        ) from error
    finally:
        text.detach()


_Decoded = tuple[str, Problem | None, int]
"""The text of a line, its problem, and its size in bytes."""


def _decoded(
    buffer: io.BufferedReader, encoding: str | None, source: SourceFile
) -> Iterator[_Decoded]:
    """Lines in the given encoding, or in the one that is detected."""
    settled, encoding = encoding is not None, encoding or "utf-8"
    if encoding == "utf-8-sig":
        encoding = "utf-8"
    lines = raw_lines(buffer, source.limits.row)
    ahead: deque[bytes | None] = deque()
    first = True
    while (line := ahead.popleft() if ahead else next(lines, b"")) != b"":
        if line is None:
            yield "", too_long(source.limits.row), source.limits.row
            continue
        if first:
            line = line.removeprefix(codecs.BOM_UTF8)
            first = False
        if not settled and not line.isascii():
            settled = True  # the first line that is not ASCII decides the encoding of the file
            if _is_utf8(line):
                source.set_encoding("utf-8", "valid")
            else:
                ahead.extend(_sample_lines(lines))
                if found := guess_encoding(line + b"".join(filter(None, ahead))):
                    source.set_encoding(found, "guessed")
                    encoding = found
        yield _line(line, encoding)
    if not settled:
        source.set_encoding("utf-8", "valid")


def _sample_lines(lines: Iterator[bytes | None]) -> Iterator[bytes | None]:
    """The next lines, enough to detect an encoding."""
    size = 0
    while size < SAMPLE and (line := next(lines, b"")) != b"":
        size += len(line or b"")
        yield line


def _line(line: bytes, encoding: str) -> _Decoded:
    try:
        return line.decode(encoding), None, len(line)
    except UnicodeDecodeError as error:
        problem = _undecodable(error, encoding, line, " of the line")
        return line.decode(encoding, errors="replace"), problem, len(line)


def _undecodable(error: UnicodeDecodeError, encoding: str, sample: bytes, of: str = "") -> Problem:
    name = "UTF-8" if encoding == "utf-8" else encoding
    likely = likely_encoding(sample)
    return Problem(
        f"not {name} (byte 0x{error.object[error.start]:02x} at position {error.start + 1}{of})",
        f"set its encoding, for example encoding={likely!r} (--encoding {likely}), "
        "or save the file as UTF-8",
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sample(data: bytes) -> bytes:
    """The bytes from the first non-ASCII character."""
    first = _NON_ASCII.search(data)
    return data[first.start() :][:SAMPLE] if first else b""
