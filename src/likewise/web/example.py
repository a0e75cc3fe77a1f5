"""The tab *Example test*: compares all sentences of a set; saves and shows results."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from likewise.collections.explain import SimilarityDistribution
from likewise.evaluation.examples import (
    EXAMPLES,
    ExampleResult,
    SavedResult,
    list_results,
)
from likewise.operations.example import OWN, ExampleRequest, example
from likewise.web import charts, components, html
from likewise.web.download_store import DocumentResult
from likewise.web.job_runner import JobSession
from likewise.web.messages import PageError, failure_notice
from likewise.web.page_context import PageContext, Panel, Updates, lines, session_of
from likewise.web.registry import Choice
from likewise.web.reproduce import recipe
from likewise.web.samples import sample_language
from likewise.web.score_meaning import meaning_of, scale, verdict
from likewise.web.translations import Translations, translations_for
from likewise.web.visitors import visitor_of

NAME = "example"
VISITORS = "visitors"
"""Folder below the results with one folder for each visitor of the web app."""

MAX_TEXTS = 60
"""Most sentences of a set, limited by the heatmap."""


@dataclass(frozen=True)
class Tested:
    """A set that was compared, or a saved result.

    Attributes:
        saved: the result.
        meaning: what similarities mean for the model; None where it is not loaded.
    """

    saved: SavedResult
    meaning: SimilarityDistribution | None = None


class ExampleTab:
    """The components of the tab, and their events."""

    def __init__(self, context: PageContext, page: gr.Blocks) -> None:
        self.context, self.t = context, context.t
        t, samples = context.t, context.samples
        names = samples.of_examples(lambda each: each.name)
        texts = samples.of_examples(lambda each: "\n".join(each.texts))
        language = sample_language(samples.model, t).code
        own_language_first = sorted(EXAMPLES, key=lambda e: e.language != language)
        with gr.Row(equal_height=False):
            self.chosen = gr.Dropdown(
                [(_title(e.name, t), e.name) for e in own_language_first]
                + [(t("example.own"), OWN)],
                value=samples.now(names), label=t("example.set"), elem_id="example-set",
                filterable=False, min_width=260,
            )  # fmt: skip
        self.texts = gr.Textbox(
            samples.now(texts), label=t("example.texts"), info=t("example.texts.info"),
            lines=6, max_lines=12, elem_id="example-texts",
        )  # fmt: skip
        samples.add(self.chosen, names)
        samples.add(self.texts, texts)
        self.inputs = {"example-set": self.chosen, "example-texts": self.texts}
        pressed = components.buttons(context, NAME, t("example.run"))
        notice = components.notice(NAME)
        with gr.Column(visible=False, elem_id="example-result") as result:
            self.summary = gr.HTML(elem_id="example-summary", padding=False)
            self.plot = gr.HTML(elem_id="example-plot", padding=False)
            self.links = gr.HTML(elem_id="example-downloads", padding=False)
            self.recipe = components.recipe_panel(context, NAME)
        with gr.Row(equal_height=False, elem_classes="lw-past"):
            self.past = gr.Dropdown(
                [], label=t("example.past"), info=t("example.past.info"),
                elem_id="example-past", filterable=False, min_width=260, scale=3,
            )  # fmt: skip
            reopen = gr.Button(t("example.open"), elem_id="example-open", scale=0, min_width=140)
        self.panel = Panel(context, notice, result, pressed.start, pressed.stop)
        self.shown = [self.summary, self.plot, self.links, *self.recipe.outputs]
        self._wire(page, reopen)

    def _wire(self, page: gr.Blocks, reopen: gr.Button) -> None:
        self.chosen.input(
            self.fill, [self.chosen, self.context.choice], [self.texts], **components.QUIET
        )
        self.texts.input(self.edited, [self.texts], [self.chosen], **components.QUIET)
        components.wire(
            self.panel,
            self.run,
            [self.context.choice, self.texts],
            [*self.shown, self.past],
        )
        reopen.click(
            self.open,
            [self.past],
            [self.panel.notice, self.panel.result, *self.shown],
            **components.QUIET,
        )
        page.load(self.list_past, None, [self.past], **components.QUIET)

    async def fill(self, name: str, choice: Choice) -> str:
        """The texts of the chosen set."""
        found = next((e for e in EXAMPLES if e.name == name), None)
        if found:
            return "\n".join(found.texts)
        t = translations_for(sample_language(choice.name, self.t).code)
        return t("example.own.sample")

    async def edited(self, typed: str) -> str:
        """The set with these texts; an edited built-in set becomes a custom set."""
        return _name_of(lines(typed))

    async def run(self, choice: Choice, typed: str, request: gr.Request) -> AsyncIterator[Updates]:
        """Run the set, save the result, show it."""

        def prepare() -> ExampleRequest:
            texts = lines(typed)
            if len(texts) < 2:
                raise PageError("failure.few_texts", n=2)
            if len(texts) > MAX_TEXTS:
                raise PageError("failure.many_texts", n=MAX_TEXTS)
            return _request(choice, texts, folder=self._visitor_folder(request))

        def work(session: JobSession, request_: ExampleRequest) -> Tested:
            (done,) = example(request_, session).results
            assert done.path is not None
            model = session.models.get(choice.name, choice.compute)
            meaning = meaning_of(session, model, done.result.texts, "cosine")
            return Tested(SavedResult(done.path, done.result), meaning)

        def show(_: ExampleRequest, tested: Tested) -> Updates:
            past = self._past(request, self._value(tested.saved))
            return self._show(tested, request, choice) | {self.past: past}

        async for updates in self.panel.run(request, choice, prepare, work, show):
            yield updates

    async def open(self, name: str | None, request: gr.Request) -> Updates:
        """Show a saved result again."""

        def find() -> SavedResult:
            for saved in self._results(request):
                if self._value(saved) == name:
                    return saved
            raise PageError("failure.no_result")

        outcome = await self.context.runner.call(find)
        if outcome.failure or outcome.value is None:
            assert outcome.failure is not None
            notice_html = failure_notice(outcome.failure, self.t)
            return {
                self.panel.notice: gr.update(value=notice_html, visible=True),
                self.panel.result: gr.update(visible=False),
            }
        saved = outcome.value
        choice = Choice(saved.result.model, saved.result.compute)
        return self._show(Tested(saved), request, choice) | {
            self.panel.notice: gr.update(visible=False),
            self.panel.result: gr.update(visible=True),
        }

    async def list_past(self, request: gr.Request) -> Any:
        """The visitor's saved results, newest first."""
        return await asyncio.to_thread(self._past, request, None)

    def _visitor_folder(self, request: gr.Request) -> Path:
        """The folder of the results of a visitor; without cookies, of a page."""
        secret = visitor_of(request).name or session_of(request)
        return self.context.results / VISITORS / hashlib.sha256(secret.encode()).hexdigest()[:32]

    def _results(self, request: gr.Request) -> list[SavedResult]:
        """The results of a visitor, newest first; locally also those of the command line."""
        own = list_results(self._visitor_folder(request)).results
        if not visitor_of(request).local:
            return list(own)
        found = [*own, *list_results(self.context.results).results]
        return sorted(found, key=lambda each: _timestamp(each.result), reverse=True)

    def _value(self, saved: SavedResult) -> str:
        """The identifier of a result in the list."""
        return saved.path.relative_to(self.context.results).as_posix()

    def _past(self, request: gr.Request, selected: str | None) -> Any:
        saved = self._results(request)
        choices = [(self._label(each.result), self._value(each)) for each in saved]
        return gr.update(choices=choices, value=selected or (choices[0][1] if choices else None))

    def _label(self, result: ExampleResult) -> str:
        timestamp = _timestamp(result)
        return f"{timestamp:%Y-%m-%d %H:%M:%S} · {_title(result.name, self.t)} · {result.model}"

    def _show(self, tested: Tested, request: gr.Request, choice: Choice) -> Updates:
        saved, t = tested.saved, self.t
        result = saved.result
        made = recipe("example", _request(choice, list(result.texts)))
        document = DocumentResult(result.to_dict(), saved.path.stem)
        return {
            self.summary: _summary(tested, t, local=visitor_of(request).local),
            self.plot: _matrix(result, tested.meaning, t),
            self.links: self.context.links(request, document),
        } | self.recipe.updates(made)


def _matrix(result: ExampleResult, meaning: SimilarityDistribution | None, t: Translations) -> str:
    low = min(0.0, float(result.matrix.min()))
    cells = [
        [
            html.Cell(
                f"{score:.2f}",
                charts.shade(float(score), low),
                f"{score:.4f} {verdict(meaning, float(score), t)}".strip(),
            )
            for score in row
        ]
        for row in result.matrix
    ]
    return html.matrix(result.texts, cells)


def _request(choice: Choice, texts: list[str], **values: Any) -> ExampleRequest:
    """The request to run a set: a built-in one by its name, else the texts themselves."""
    name = _name_of(texts)
    given: dict[str, Any] = {"texts": tuple(texts)} if name == OWN else {"names": (name,)}
    return choice.request(ExampleRequest, **given, **values)


def _name_of(texts: list[str]) -> str:
    """The built-in set with exactly these texts, else `OWN`."""
    return next((e.name for e in EXAMPLES if list(e.texts) == texts), OWN)


def _title(name: str, t: Translations) -> str:
    found = next((e for e in EXAMPLES if e.name == name), None)
    if found is None:
        return t("example.own")
    return found.title[t.language.code]


def _timestamp(result: ExampleResult) -> datetime:
    return datetime.fromisoformat(result.timestamp)


def _summary(tested: Tested, t: Translations, *, local: bool) -> str:
    saved, meaning = tested.saved, tested.meaning
    result = saved.result
    place = str(saved.path) if local else saved.path.name
    off = result.matrix.astype(float).copy()
    np.fill_diagonal(off, -np.inf)
    i, j = divmod(int(off.argmax()), len(off))
    pair = t("example.pair", a=i + 1, b=j + 1)
    if meaning:
        pair = f"{pair} · {verdict(meaning, float(off[i, j]), t)} {scale(meaning, t)}"
    timestamp = _timestamp(result)
    return html.facts(
        [
            html.Fact(t("example.title"), _title(result.name, t)),
            html.Fact(t("model.name"), f"{result.model} · {result.compute}"),
            html.Fact(t("example.when"), f"{timestamp:%Y-%m-%d %H:%M:%S}"),
            html.Fact(t("example.nearest"), f"{off[i, j]:.4f}", pair),
            html.Fact(t("example.saved"), place, long=True),
            html.Fact(t("model.fingerprint"), result.fingerprint, long=True),
        ]
    )
