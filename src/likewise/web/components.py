"""Parts that several tabs are made of."""

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


def recipe_panel(context: PageContext, name: str) -> RecipePanel:
    """The closed box under a result that says how to have it again."""
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
    """Begin and stop."""

    start: gr.Button
    stop: gr.Button


def buttons(context: PageContext, name: str, label: str) -> Buttons:
    """The button that begins a tab's work, and the one that stops it."""
    with gr.Row(elem_classes="lw-actions"):
        start = gr.Button(label, variant="primary", elem_id=f"{name}-run", scale=0, min_width=160)
        stop = gr.Button(
            context.t("work.stop"), variant="stop", visible=False, elem_id=f"{name}-stop",
            scale=0, min_width=100,
        )  # fmt: skip
    return Buttons(start, stop)


def notice(name: str) -> gr.HTML:
    """Where a tab's messages appear."""
    return gr.HTML(visible=False, elem_id=f"{name}-notice", padding=False)


def wire(
    panel: Panel,
    run: Callable[..., Any],
    inputs: list[Any],
    shown: list[Any],
    *,
    script: str | None = None,
) -> None:
    """Let the panel's buttons begin and stop the work, which changes panel and `shown`.

    Args:
        panel: the part of the tab where results appear.
        run: the work.
        inputs: the components whose values it is given.
        shown: the components that it changes beside the panel's.
        script: what the browser does with the inputs first.
    """
    panel.start.click(
        run,
        inputs=inputs,
        outputs=[*panel.outputs, *shown],
        js=script,
        show_progress="hidden",
        concurrency_id=MODEL_WORK,
        concurrency_limit=AT_ONCE,
        api_visibility="private",
    )

    async def halt(request: gr.Request) -> None:
        panel.context.runner.stop(session_of(request))

    panel.stop.click(halt, queue=False, **QUIET)


@dataclass(frozen=True)
class Source:
    """Where a tab's texts come from: lines that were typed, or a file.

    Attributes:
        typed: one text a line.
        upload: a file that takes their place.
    """

    typed: gr.Textbox
    upload: FileInput

    @property
    def inputs(self) -> list[Any]:
        """The components whose values `read_source` needs, in its order."""
        upload = self.upload
        return [self.typed, upload.file, upload.column, upload.encoding, upload.lost]


def text_source(context: PageContext, name: str, *, label: str, sample: str, rows: int) -> Source:
    """A box for one text a line, and a file that can take its place.

    Args:
        context: what is around the tab.
        name: the tab's.
        label: of the box.
        sample: key of the texts that it shows first.
        rows: its height.
    """
    values = context.samples.of(sample)
    typed = gr.Textbox(
        value=context.samples.now(values), label=label, lines=rows, max_lines=rows + 6,
        elem_id=f"{name}-texts",
    )  # fmt: skip
    context.samples.add(typed, values)
    return Source(typed, file_input(context.t, context.runner, name, QUIET))


def with_lost(name: str) -> str:
    """A script that fills in, as the last input, the name of a file that did not arrive."""
    return f"(...given) => [...given.slice(0, -1), likewise.lost('{name}')]"


def read_source(
    typed: str | None, file: str | None, column: str | None, encoding: str | None, lost: str | None
) -> Texts:
    """The texts that were typed, or those of the file, which is read later.

    Raises:
        PageError: there are none, or a file was chosen that has not arrived.
        RecordError: the file cannot be read.
        InputError: there is no such column or encoding.
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
    """How errors about an uploaded file name it."""
    return (file, Path(file).name) if file else ("", "")
