"""Parts that several tabs are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr

from likewise.web.frame import Frame, Panel, Source, Updates, lines, session_of
from likewise.web.notices import PageError
from likewise.web.reproduce import Recipe, Texts
from likewise.web.uploads import check_count, read_upload

FILE_KINDS = [".txt", ".md", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".gz"]

MODEL_WORK = "model"
"""The queue that everything that computes with a model stands in."""

AT_ONCE = 4
"""How many of one page's jobs are under way; the rest wait in the queue."""


QUIET: Mapping[str, Any] = MappingProxyType(
    {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
)
"""How cheap listeners are wired: they wait for nobody."""


@dataclass(frozen=True)
class RecipePanel:
    """The command and the Python of a result."""

    command: gr.Code
    python: gr.Code

    @property
    def outputs(self) -> list[Any]:
        """The components that `shown` changes."""
        return [self.command, self.python]

    def shown(self, recipe: Recipe) -> Updates:
        """A recipe, as changes to the page."""
        return {self.command: recipe.command, self.python: recipe.python}


def recipe_panel(frame: Frame, name: str) -> RecipePanel:
    """The closed box under a result that says how to have it again."""
    words = frame.words
    with gr.Accordion(words("reproduce.title"), open=False, elem_id=f"{name}-reproduce"):
        command = gr.Code(
            language="shell", label=words("reproduce.command"), interactive=False,
            wrap_lines=True, elem_id=f"{name}-command", lines=1,
        )  # fmt: skip
        python = gr.Code(
            language="python", label=words("reproduce.python"), interactive=False,
            wrap_lines=True, elem_id=f"{name}-python", lines=1,
        )  # fmt: skip
    return RecipePanel(command, python)


@dataclass(frozen=True)
class Buttons:
    """Begin and stop."""

    start: gr.Button
    stop: gr.Button


def buttons(frame: Frame, name: str, label: str) -> Buttons:
    """The button that begins a tab's work, and the one that stops it."""
    with gr.Row(elem_classes="lw-actions"):
        start = gr.Button(label, variant="primary", elem_id=f"{name}-run", scale=0, min_width=160)
        stop = gr.Button(
            frame.words("work.stop"), variant="stop", visible=False, elem_id=f"{name}-stop",
            scale=0, min_width=100,
        )  # fmt: skip
    return Buttons(start, stop)


def notice(name: str) -> gr.HTML:
    """Where a tab's messages appear."""
    return gr.HTML(visible=False, elem_id=f"{name}-notice", padding=False)


def wire(panel: Panel, run: Callable[..., Any], inputs: list[Any], shown: list[Any]) -> None:
    """Let the panel's buttons begin and stop the work, which changes panel and `shown`."""
    panel.start.click(
        run,
        inputs=inputs,
        outputs=[*panel.outputs, *shown],
        show_progress="hidden",
        concurrency_id=MODEL_WORK,
        concurrency_limit=AT_ONCE,
        api_visibility="private",
    )

    async def halt(request: gr.Request) -> None:
        panel.frame.desk.stop(session_of(request))

    panel.stop.click(halt, queue=False, **QUIET)


def text_source(frame: Frame, name: str, *, label: str, sample: str, rows: int) -> Source:
    """A box for one text a line, and a file that can take its place.

    Args:
        frame: what is around the tab.
        name: the tab's.
        label: of the box.
        sample: key of the texts that it shows first.
        rows: its height.
    """
    words, values = frame.words, frame.samples.of(sample)
    typed = gr.Textbox(
        value=frame.samples.now(values), label=label, lines=rows, max_lines=rows + 6,
        elem_id=f"{name}-texts",
    )  # fmt: skip
    frame.samples.add(typed, values)
    with gr.Accordion(words("source.title"), open=False, elem_id=f"{name}-source"):
        file = gr.File(
            label=words("source.file"), file_types=FILE_KINDS, height=140, elem_id=f"{name}-file"
        )
        column = gr.Textbox(
            label=words("source.column"), info=words("source.column.info"),
            elem_id=f"{name}-column", max_lines=1,
        )  # fmt: skip
    return Source(typed, file, column)


def read_source(typed: str | None, file: str | None, column: str | None, least: int) -> Texts:
    """The texts that were typed, or those of the file.

    Raises:
        PageError: there are fewer than `least`.
        RecordError: the file cannot be read.
        InputError: there is no such column.
    """
    named = (column or "").strip()
    if file:
        found = Texts(read_upload(file, named or None), Path(file).name, named)
    else:
        found = Texts(lines(typed))
        check_count(len(found.texts))
    if len(found.texts) < least:
        raise PageError("failure.no_texts" if not found.texts else "failure.few_texts", n=least)
    return found


def rename_of(file: str | None) -> tuple[str, str]:
    """How errors about an uploaded file name it."""
    return (file, Path(file).name) if file else ("", "")
