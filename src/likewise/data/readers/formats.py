"""Readers by file extension, and decompression."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, cast

from likewise.data.readers.contract import Format
from likewise.data.readers.html import read_html, read_html_sections
from likewise.data.readers.markdown import read_sections
from likewise.data.readers.object_store import object_address, open_object
from likewise.data.readers.objects import read_json, read_jsonl
from likewise.data.readers.pdf import read_pdf
from likewise.data.readers.plain import read_line_texts, read_markdown, read_text
from likewise.data.readers.prose import read_paragraphs, read_plain
from likewise.data.readers.tables import read_csv, read_parquet, read_tsv
from likewise.data.readers.workbook import read_workbook
from likewise.errors import RecordError
from likewise.extras import require

_PLAIN = Format(read_line_texts, document=read_text, sections=read_paragraphs, default=read_plain)
_PARAGRAPHS = Format(
    read_line_texts, document=read_text, sections=read_paragraphs, default=read_paragraphs
)
_MARKDOWN = Format(
    read_line_texts, document=read_markdown, sections=read_sections, default=read_sections
)
_PAGE = Format(read_html, sections=read_html_sections, default=read_html_sections)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": _PLAIN,
        ".text": _PLAIN,
        ".rst": _PARAGRAPHS,
        ".md": _MARKDOWN,
        ".markdown": _MARKDOWN,
        ".csv": Format(read_csv),
        ".tsv": Format(read_tsv),
        ".jsonl": Format(read_jsonl),
        ".ndjson": Format(read_jsonl),
        ".json": Format(read_json, "item"),
        ".parquet": Format(read_parquet, "row"),
        ".xlsx": Format(read_workbook, "row"),
        ".xlsm": Format(read_workbook, "row"),
        ".html": _PAGE,
        ".htm": _PAGE,
        ".pdf": Format(read_pdf, "page"),
    }
)
"""Formats by suffix; a file without a suffix is read as plain text if it is given by name."""


def _gzipped(file: str | BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file, "rb"))


def _zstandard(file: str | BinaryIO) -> BinaryIO:
    arrow = require("pyarrow", "files")
    return cast(BinaryIO, arrow.CompressedInputStream(file, "zstd"))


COMPRESSED: Mapping[str, Callable[[str | BinaryIO], BinaryIO]] = MappingProxyType(
    {".gz": _gzipped, ".zst": _zstandard, ".zstd": _zstandard}
)
"""Suffixes of compressed files, and their openers."""


def format_of(path: Path | str) -> Format | None:
    """The format of a file by its name; None if it is not in `FORMATS`."""
    if str(path) == "-":
        return _PLAIN
    return FORMATS.get(_suffix(Path(path)))


def require_format(path: Path | str) -> Format:
    """The format of a file that was given by name.

    Raises:
        RecordError: the format is unknown.
    """
    if found := format_of(path):
        return found
    suffix = _suffix(Path(path))
    if not suffix:
        return _PLAIN
    raise RecordError(
        f"{path}: unknown file format {suffix!r}",
        hint="one of " + ", ".join(FORMATS) + ", also compressed as .gz or .zst",
    )


def _suffix(path: Path) -> str:
    name = path.name.lower()
    for compression in COMPRESSED:
        name = name.removesuffix(compression)
    return Path(name).suffix


@contextmanager
def open_binary(path: Path | str, name: str) -> Iterator[BinaryIO]:
    """Open a file or an object for reading, decompressed; errors are translated.

    Raises:
        RecordError: it cannot be opened or read.
    """
    try:
        if str(path) == "-":
            yield _buffered(sys.stdin.buffer)
            return
        opener = COMPRESSED.get(Path(path).suffix.lower())
        with ExitStack() as stack:
            file: str | BinaryIO = str(path)
            if address := object_address(path):
                file = stack.enter_context(open_object(address))
            if opener:
                file = stack.enter_context(opener(file))
            elif isinstance(file, str):
                file = stack.enter_context(open(file, "rb"))
            assert not isinstance(file, str)
            yield _buffered(file)
    except FileNotFoundError as error:
        raise RecordError(f"no such file: {name}", hint="check the path") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordError(
            f"{name} is not a complete gzip file: {error}", hint="download or export it again"
        ) from error
    except OSError as error:
        if error.errno is None:  # raised by Arrow for damaged content
            raise RecordError(
                f"{name} is not a complete Zstandard file: {error}",
                hint="download or export it again",
            ) from error
        raise RecordError(
            f"cannot read {name}: {error.strerror or error}", hint="check the path"
        ) from error


def _buffered(stream: BinaryIO) -> BinaryIO:
    """The stream with a `peek` method."""
    if hasattr(stream, "peek"):
        return stream
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream)))
