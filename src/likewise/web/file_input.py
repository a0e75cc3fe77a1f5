"""The upload of a file of texts: a preview, and the choice of column and encoding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import gradio as gr

from likewise.data.readers import DetectedEncoding
from likewise.data.records import Record
from likewise.web import html
from likewise.web.job_runner import JobRunner
from likewise.web.messages import PageError, failure_notice
from likewise.web.page_context import Updates
from likewise.web.texts import Texts
from likewise.web.translations import Translations
from likewise.web.uploads import check_size, read_upload

PREVIEW_ROWS = 5
"""Rows of the preview."""

ENCODINGS = (
    "utf-8", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1251", "koi8_r",
    "iso8859_2", "utf-16",
)  # fmt: skip
"""Encodings that can be chosen if the detected one is wrong."""


PreviewCallback = Callable[[str | None, str, str], Awaitable[Updates]]
"""Shows a preview of a file, given its path, column and encoding."""


@dataclass(frozen=True)
class Preview:
    """The first rows of a file.

    Attributes:
        records: the first rows.
        encoding: of the file; None for binary formats.
    """

    records: list[Record]
    encoding: DetectedEncoding | None

    @property
    def column(self) -> str | None:
        """The column of the texts; None if the file has no columns."""
        return self.records[0].column if self.records else None

    @property
    def columns(self) -> list[str]:
        """All columns, the text column first."""
        return [self.column, *map(str, self.records[0].fields)] if self.column else []


@dataclass(frozen=True)
class FileInput:
    """The components of a file upload.

    Attributes:
        file: the file.
        column: the text column; empty detects it.
        encoding: of the file; empty detects it.
        about: encoding, column and preview.
        lost: name of a file whose upload failed; set by the page.
    """

    file: gr.File
    column: gr.Dropdown
    encoding: gr.Dropdown
    about: gr.HTML
    lost: gr.Textbox


def file_input(
    t: Translations, runner: JobRunner, name: str, quiet: Mapping[str, Any]
) -> FileInput:
    """The collapsed panel with the file upload."""
    with gr.Accordion(t("source.title"), open=False, elem_id=f"{name}-source"):
        # accept every format, so that an unknown one gives an error message
        file = gr.File(label=t("source.file"), height=140, elem_id=f"{name}-file")
        with gr.Row():
            column = gr.Dropdown(
                _columns(None, t), value="", label=t("source.column"), visible=False,
                elem_id=f"{name}-column", filterable=False, min_width=200,
            )  # fmt: skip
            encoding = gr.Dropdown(
                [(t("source.encoding.detect"), ""), *((each, each) for each in ENCODINGS)],
                value="", label=t("source.encoding"), elem_id=f"{name}-encoding",
                filterable=False, min_width=200,
            )  # fmt: skip
        about = gr.HTML(elem_id=f"{name}-about", padding=False)
        lost = gr.Textbox(visible=False)
    given = FileInput(file, column, encoding, about, lost)
    look = _preview_callback(given, t, runner)
    arrived = f"(file, ...rest) => {{ likewise.arrived('{name}'); return [file, ...rest]; }}"
    shown = [column, about]

    async def new(path: str | None, coded: str) -> Updates:
        return await look(path, "", coded)

    file.change(new, [file, encoding], shown, js=arrived, **quiet)
    for choice in (column, encoding):
        choice.input(look, [file, column, encoding], shown, **quiet)
    return given


def _preview_callback(
    given: FileInput, t: Translations, runner: JobRunner
) -> Callable[[str | None, str, str], Awaitable[Updates]]:
    async def look(path: str | None, column: str, encoding: str) -> Updates:
        if not path:
            return {given.column: gr.update(visible=False, value=""), given.about: ""}
        outcome = await runner.call(lambda: read_preview(path, column, encoding))
        if outcome.failure or outcome.value is None:
            assert outcome.failure is not None
            notice_html = failure_notice(outcome.failure, t, rename=(path, Path(path).name))
            return {given.about: notice_html}
        found = outcome.value
        about = _about(found, t, column, encoding)
        if column:
            return {given.about: about}
        choices = _columns(found, t) + [(each, each) for each in found.columns]
        column_update = gr.update(choices=choices, value="", visible=bool(found.columns))
        return {given.column: column_update, given.about: about}

    return look


def read_preview(path: str, column: str, encoding: str) -> Preview:
    """Read the first rows of a file.

    Raises:
        RecordError: it cannot be read.
        InputError: an unknown column or encoding.
        PageError: it has no text, or is too large after decompression.
    """
    check_size(path)
    seen: list[DetectedEncoding] = []
    records = read_upload(
        path, column or None, encoding or None, on_encoding=lambda _, found: seen.append(found)
    )
    first = list(islice(records, PREVIEW_ROWS))
    if not first:
        raise PageError("failure.no_texts")
    return Preview(first, seen[-1] if seen else None)


def texts_of(file: str, column: str, encoding: str) -> Texts:
    """The texts of a file; checks the first rows.

    Raises: what `read_preview` raises.
    """
    read_preview(file, column, encoding)
    return Texts((), Path(file).name, column, file, encoding)


def _columns(found: Preview | None, t: Translations) -> list[tuple[str, str]]:
    """The choice of the detected column."""
    label = t("source.column.found", column=found.column) if found and found.column else ""
    return [(label or t("source.column.auto"), "")]


def _about(found: Preview, t: Translations, column: str, encoding: str) -> str:
    rows = []
    if found.encoding:
        note = t("source.encoding.wrong") if found.encoding.guessed else ""
        name = found.encoding.name.upper()
        read = t("source.encoding.given" if encoding else "source.encoding.detected", name=name)
        rows.append(html.Fact(t("source.encoding"), read, note, warn=found.encoding.guessed))
    if found.column is not None:
        note = "" if column else t("source.column.note")
        rows.append(html.Fact(t("source.column"), found.column, note))
    first = [[_short(record.text)] for record in found.records]
    table = html.table([t("table.text")], first, caption=t("source.first", n=len(first)))
    return (html.facts(rows) if rows else "") + table


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
