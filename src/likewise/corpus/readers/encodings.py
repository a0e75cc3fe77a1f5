"""Bytes to text: UTF-8 unless a file shows that it is something else."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from likewise.corpus.readers.contract import Problem, Source
from likewise.errors import RecordError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as the one of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, and the encodings that drop them."""

OLDER = (
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1251", "koi8_r", "iso8859_2",
)  # fmt: skip
"""Encodings that are looked for; among all there are, a short sample fits too many."""

EVIDENCE = 8
"""Bytes beyond ASCII below which nothing is guessed."""

_CONVERT = "save the file as UTF-8, for example with iconv -f GB18030 -t UTF-8"

_STATED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([-\w]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its end.

    Attributes:
        number: from 1.
        text: its text; what cannot be decoded is escaped.
        problem: why it cannot be read, where it cannot.
    """

    number: int
    text: str
    problem: Problem | None = None


def read_lines(stream: BinaryIO, source: Source) -> Iterator[Line]:
    """Lines of a file, one after the other.

    A file is UTF-8, or what its byte order mark says, or else, judged by the first line that is
    not UTF-8, one of `OLDER`; which one is told.

    Raises:
        RecordError: its encoding is not known, or it is no whole UTF-16.
    """
    buffer = cast(io.BufferedReader, stream)
    encoding = source.encoding or _marked(buffer.peek(64)[:64])
    encoding = encoding and _name(encoding)
    if encoding and encoding.startswith(("utf-16", "utf-32")):
        if source.encoding is None:
            source.tell(f"{source.name} is read as {encoding.upper()}")
        yield from _wide(buffer, encoding, source)
    elif encoding and not encoding.startswith("utf-8"):
        yield from _narrow(buffer, encoding)
    else:
        yield from _utf8(buffer, source)


def decode(data: bytes, source: Source) -> str:
    """A whole file as text; a page may state its encoding itself.

    Raises:
        RecordError: its encoding is not known.
    """
    stated = _STATED.search(data[:4096])
    encoding = source.encoding or _marked(data[:64]) or (stated and stated[1].decode())
    if encoding:
        try:
            return data.decode(encoding, errors="replace")
        except LookupError as error:
            if source.encoding:
                raise _unknown(encoding) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        found = _guessed(data[max(0, error.start - 64) :][: 1 << 16])
        if found is None:
            raise RecordError(
                f"{source.name}: not UTF-8 (byte 0x{data[error.start]:02x} at {error.start})",
                hint=_CONVERT,
            ) from error
        source.tell(f"{source.name} is not UTF-8; it is read as {found}")
        return data.decode(found, errors="replace")


def _name(encoding: str) -> str:
    """The encoding's own name in Python."""
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise _unknown(encoding) from error


def _unknown(encoding: str) -> RecordError:
    return RecordError(
        f"unknown encoding {encoding!r}", hint="for example utf-8, utf-16, gb18030, cp1252"
    )


def _marked(head: bytes) -> str | None:
    """What a byte order mark says, or zeros at every other place."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[::2], head[1::2]
    if len(odd) >= 4 and odd.count(0) > 0.4 * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(even) >= 4 and even.count(0) > 0.4 * len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def _wide(buffer: io.BufferedReader, encoding: str, source: Source) -> Iterator[Line]:
    text = io.TextIOWrapper(buffer, encoding, newline="\n")
    try:
        for number, line in enumerate(text, 1):
            yield Line(number, line)
    except UnicodeError as error:
        raise RecordError(
            f"{source.name} is no whole {encoding.upper()}: {error}",
            hint="fetch or make it again",
        ) from error
    finally:
        text.detach()


def _narrow(buffer: io.BufferedReader, encoding: str) -> Iterator[Line]:
    for number, line in enumerate(buffer, 1):
        yield _line(number, line, encoding)


def _utf8(buffer: io.BufferedReader, source: Source) -> Iterator[Line]:
    encoding, settled = "utf-8", source.encoding is not None
    for number, line in enumerate(buffer, 1):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901
        if not settled and not line.isascii():
            settled = True  # what is neither ASCII nor UTF-8 here makes the whole file another
            if not _is_utf8(line) and (found := _guessed(line + buffer.peek(1 << 16))):
                source.tell(f"{source.name} is not UTF-8; it is read as {found}")
                encoding = found
        yield _line(number, line, encoding)


def _line(number: int, line: bytes, encoding: str) -> Line:
    try:
        return Line(number, line.decode(encoding))
    except UnicodeDecodeError as error:
        name = "UTF-8" if encoding == "utf-8" else encoding
        problem = Problem(
            f"not {name} (byte 0x{line[error.start]:02x} at place {error.start + 1} of the line)",
            _CONVERT,
        )
        return Line(number, line.decode(encoding, errors="replace"), problem)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guessed(sample: bytes) -> str | None:
    """The likeliest of `OLDER`; None where too little speaks for any."""
    if sum(byte > 127 for byte in sample) < EVIDENCE:
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(OLDER)).best()
    return best.encoding if best else None
