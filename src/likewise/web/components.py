"""Components that several tabs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr

from likewise.web.file_input import FileInput, file_input, texts_of
from likewise.web.messages import PageError
from likewise.web.page_context import PageContext, Panel, Updates, lines, session_of
from likewise.web.reproduce import Recipe
from likewise.web.texts import Texts
from likewise.web.uploads import check_count

MODEL_QUEUE = "model"
"""Queue of all jobs that use a model."""

MAX_JOBS = 4
"""Most jobs of a page that run at once; the others are queued."""


QUIET: Mapping[str, Any] = MappingProxyType(
    {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
)
"""Options of listeners that are cheap and need no queue."""


@dataclass(frozen=True)
class RecipePanel:
    """The command and the Python code that reproduce a result."""

    command: gr.Code
    python: gr.Code

    @property
    def outputs(self) -> list[Any]:
        """The components that `updates` changes."""
        return [self.command, self.python]

    def updates(self, recipe: Recipe) -> Updates:
        """A recipe, as updates of the page."""
        return {self.command: recipe.command, self.python: recipe.python}


def recipe_panel(context: PageContext, name: str) -> RecipePanel:
    """The collapsed panel under a result that shows how to reproduce it."""
    t = context.t
    with gr.Accordion(t("reproduce.title"), open=False, elem_id=f"{name}-reproduce"):
        command = gr.Code(
            language="shell", label=t("reproduce.command"), interactive=False,
            wrap_lines=True, elem_id=f"{name}-command", lines=1,
        )  # fmt: skip
        python = gr.Code(
            language="python", label=t("reproduce.python"), interactive=False,
            wrap_lines=True, elem_id=f"{name}-python", lines=1,
        )  # fmt: skip
    return RecipePanel(command, python)


@dataclass(frozen=True)
class Buttons:
    """The start button and the stop button."""

    start: gr.Button
    stop: gr.Button


def buttons(context: PageContext, name: str, label: str) -> Buttons:
    """The buttons that start and stop the job of a tab."""
    with gr.Row(elem_classes="lw-actions"):
        start = gr.Button(label, variant="primary", elem_id=f"{name}-run", scale=0, min_width=160)
        stop = gr.Button(
            context.t("work.stop"), variant="stop", visible=False, elem_id=f"{name}-stop",
            scale=0, min_width=100,
        )  # fmt: skip
    return Buttons(start, stop)


def notice(name: str) -> gr.HTML:
    """The component for the messages of a tab."""
    return gr.HTML(visible=False, elem_id=f"{name}-notice", padding=False)


def wire(
    panel: Panel,
    run: Callable[..., Any],
    inputs: list[Any],
    shown: list[Any],
    *,
    script: str | None = None,
) -> None:
    """Connect the buttons of a panel with a job.

    Args:
        panel: the panel of the tab.
        run: the job.
        inputs: the components whose values are its arguments.
        shown: the components that it updates in addition to those of the panel.
        script: JavaScript that processes the inputs first.
    """
    panel.start.click(
        run,
        inputs=inputs,
        outputs=[*panel.outputs, *shown],
        js=script,
        show_progress="hidden",
        concurrency_id=MODEL_QUEUE,
        concurrency_limit=MAX_JOBS,
        api_visibility="private",
    )

    async def halt(request: gr.Request) -> None:
        panel.context.runner.stop(session_of(request))

    panel.stop.click(halt, queue=False, **QUIET)


@dataclass(frozen=True)
class Source:
    """The texts of a tab: typed lines, or a file.

    Attributes:
        typed: one text per line.
        upload: a file to use instead.
    """

    typed: gr.Textbox
    upload: FileInput

    @property
    def inputs(self) -> list[Any]:
        """The components of the arguments of `read_source`, in order."""
        upload = self.upload
        return [self.typed, upload.file, upload.column, upload.encoding, upload.lost]


def text_source(context: PageContext, name: str, *, label: str, sample: str, rows: int) -> Source:
    """A text box with one text per line, and a file input.

    Args:
        context: context of the page.
        name: of the tab.
        label: of the text box.
        sample: translation key of the sample texts.
        rows: height of the text box.
    """
    values = context.samples.of(sample)
    typed = gr.Textbox(
        value=context.samples.now(values), label=label, lines=rows, max_lines=rows + 6,
        elem_id=f"{name}-texts",
    )  # fmt: skip
    context.samples.add(typed, values)
    return Source(typed, file_input(context.t, context.runner, name, QUIET))


def with_lost(name: str) -> str:
    """A script that sets the last input to the name of a file whose upload failed."""
    return f"(...given) => [...given.slice(0, -1), likewise.lost('{name}')]"


def read_source(
    typed: str | None, file: str | None, column: str | None, encoding: str | None, lost: str | None
) -> Texts:
    """The typed texts, or those of the file, which is read later.

    Raises:
        PageError: there are no texts, or the upload of the file has failed.
        RecordError: the file cannot be read.
        InputError: an unknown column or encoding.
    """
    if lost and not file:
        raise PageError("failure.lost", name=lost)
    if file:
        return texts_of(file, column or "", encoding or "")
    found = Texts(tuple(lines(typed)))
    if not found.texts:
        raise PageError("failure.no_texts")
    check_count(len(found.texts))
    return found


def rename_of(file: str | None) -> tuple[str, str]:
    """The path of an uploaded file, and its name in error messages."""
    return (file, Path(file).name) if file else ("", "")
