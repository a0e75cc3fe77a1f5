"""The tab *Model*: which one to work with, and what is known about it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import psutil

from likewise.checkpoint.catalog import CATALOG, Entry
from likewise.checkpoint.locate import find_local
from likewise.encoder import Encoder
from likewise.engine.runtimes import COMPUTES
from likewise.errors import CheckpointError
from likewise.web import html, parts
from likewise.web.desk import Job
from likewise.web.frame import Frame, Panel, Updates
from likewise.web.registry import Choice
from likewise.web.words import Words

NAME = "model"


class Tab:
    """The tab's components and what they do."""

    def __init__(self, frame: Frame, page: gr.Blocks) -> None:
        self.frame, words = frame, frame.words
        with gr.Row(equal_height=False):
            given = self._inputs()
        with gr.Row(elem_classes="lw-actions"):
            start = gr.Button(
                words("model.load"), variant="primary", elem_id="model-run", scale=0,
                min_width=160,
            )  # fmt: skip
            unload = gr.Button(
                words("model.unload"), elem_id="model-unload", scale=0, min_width=120
            )
            stop = gr.Button(words("work.stop"), visible=False, elem_id="model-stop")
        notice = parts.notice(NAME)
        with gr.Column(visible=False, elem_id="model-result") as result:
            self.card = gr.HTML(elem_id="model-card", padding=False)
        self.catalog = gr.HTML(elem_id="model-catalog", padding=False)
        self.panel = Panel(frame, notice, result, start, stop)
        parts.wire(self.panel, self.run, [frame.choice, *given], [frame.choice, self.card])
        unload.click(self.unload, [frame.choice], [notice, result, frame.status], **parts.QUIET)
        page.load(
            self.arrive, [frame.choice], [self.catalog, frame.status, self.card, result],
            **parts.QUIET,
        )  # fmt: skip

    def _inputs(self) -> list[Any]:
        words, first = self.frame.words, self.frame.choice.value
        known = [(f"{e.name} · {e.dimension} · {e.parameters:g} M", e.name) for e in CATALOG]
        if first.name not in [name for _, name in known]:
            known.insert(0, (first.name, first.name))
        return [
            gr.Dropdown(
                known, value=first.name, label=words("model.pick"), elem_id="model-pick",
                filterable=False, min_width=260, scale=3,
            ),
            gr.Textbox(
                label=words("model.folder"), placeholder=words("model.folder.hint"), max_lines=1,
                elem_id="model-folder", min_width=260, scale=3,
            ),
            gr.Dropdown(
                [(words("model.auto"), "auto"), *((c, c) for c in COMPUTES if c != "auto")],
                value=first.compute, label=words("model.compute"), elem_id="model-compute",
                filterable=False, min_width=160, scale=2,
            ),
        ]  # fmt: skip

    async def run(
        self, current: Choice, name: str, path: str, number_format: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """Load a model; the session keeps the one it had where that fails."""
        choice = Choice(path.strip() or name, number_format)

        def work(encoder: Encoder, job: Job, _: None) -> str:
            job.check()
            return _card(encoder, self.frame.words)

        def show(_: None, told: str) -> Updates:
            return {self.frame.choice: choice, self.card: told}

        async for updates in self.panel.run(
            request, choice, lambda: None, work, show, stays=current
        ):
            yield updates

    async def unload(self, choice: Choice) -> Updates:
        """Let go of the session's model."""
        was = self.frame.desk.registry.unload(choice)
        said = self.frame.words("model.unloaded" if was else "model.not_loaded", name=choice.name)
        return {
            self.panel.notice: gr.update(value=html.notice(said, kind="info"), visible=True),
            self.panel.result: gr.update(visible=False),
            self.frame.status: self.frame.status_line(choice),
        }

    async def arrive(self, choice: Choice) -> Updates:
        """What a page that was just opened shows."""
        desk, words = self.frame.desk, self.frame.words
        encoder = desk.registry.peek(choice)
        told = await desk.call(lambda: _catalog(words))
        card = await desk.call(lambda: _card(encoder, words) if encoder else "")
        return {
            self.catalog: told.value or "",
            self.frame.status: self.frame.status_line(choice),
            self.card: card.value or "",
            self.panel.result: gr.update(visible=encoder is not None),
        }


def _card(encoder: Encoder, words: Words) -> str:
    memory = psutil.Process().memory_info().rss / 2**20
    config = encoder.config
    rows = [
        html.Fact(words("model.name"), encoder.name),
        html.Fact(words("measure.dimension"), f"{encoder.dimension:,}"),
        html.Fact(words("model.max_tokens"), f"{encoder.max_seq_length:,}"),
        html.Fact(words("model.parameters"), f"{encoder.parameters / 1e6:,.1f} M"),
        html.Fact(words("model.compute_used"), f"{encoder.compute} · {encoder.device}"),
        html.Fact(words("model.load_time"), words("seconds", n=f"{encoder.load_seconds:.2f}")),
        html.Fact(words("model.memory"), f"{memory:,.0f} MiB", words("model.memory.note")),
        html.Fact(words("model.similarity"), encoder.similarity_fn_name),
        html.Fact(words("model.source"), words(f"model.source.{encoder.location.source}")),
        html.Fact(words("model.files"), str(encoder.location.folder), long=True),
        html.Fact(words("model.fingerprint"), encoder.fingerprint, long=True),
    ]
    rows += [html.Fact(words("model.note"), note, warn=True, long=True) for note in config.notes]
    return html.facts(rows)


def _catalog(words: Words) -> str:
    headers = ["name", "dimension", "tokens", "parameters", "languages", "licence", "here"]
    return html.table(
        [words(f"catalog.{each}") for each in headers],
        [_row(entry, words) for entry in CATALOG],
        caption=words("catalog.title"),
    )


def _row(entry: Entry, words: Words) -> list[str]:
    return [
        entry.name,
        f"{entry.dimension:,}",
        "–" if entry.max_tokens is None else f"{entry.max_tokens:,}",
        f"{entry.parameters:g} M",
        _languages(entry.languages, words),
        entry.licence,
        _whereabouts(entry.name, words),
    ]


def _languages(told: str, words: Words) -> str:
    """What a model was made for, in the reader's language: a language, or how many."""
    count = re.search(r"\d+", told)
    if count is None:
        return words(f"language.{told}")
    kind = next((each for each in ("about", "over") if told.startswith(each)), "just")
    return words(f"language.{kind}", n=count[0])


def _whereabouts(name: str, words: Words) -> str:
    try:
        found = find_local(name)
    except CheckpointError:
        return words("catalog.here.damaged")
    return words("catalog.here.yes" if found else "catalog.here.no")
