"""The tab *Model*: chooses, loads and describes a model."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import psutil

from likewise.encoder import Encoder
from likewise.engine.runtimes import COMPUTES
from likewise.errors import CheckpointError
from likewise.hub.catalog import CATALOG, Entry
from likewise.hub.locate import find_local
from likewise.web import components, html
from likewise.web.fetch import Fetch, Offer, find_offer
from likewise.web.job_runner import JobSession
from likewise.web.page_context import PageContext, Panel, Updates, session_of
from likewise.web.registry import Choice
from likewise.web.remote import check_remote
from likewise.web.translations import Translations
from likewise.web.visitors import visitor_of

NAME = "model"


class ModelTab:
    """The components of the tab, and their events."""

    def __init__(self, context: PageContext, page: gr.Blocks) -> None:
        self.context, t = context, context.t
        with gr.Row(equal_height=False):
            given = self._inputs()
        names = ("model-pick", "model-folder", "model-compute")
        self.inputs = dict(zip(names, given, strict=True))
        with gr.Row(elem_classes="lw-actions"):
            start = gr.Button(
                t("model.load"), variant="primary", elem_id="model-run", scale=0,
                min_width=160,
            )  # fmt: skip
            unload = gr.Button(t("model.unload"), elem_id="model-unload", scale=0, min_width=120)
            stop = gr.Button(t("work.stop"), visible=False, elem_id="model-stop")
        notice = components.notice(NAME)
        self.fetch = Fetch(context, self._arrived)
        with gr.Column(visible=False, elem_id="model-result") as result:
            self.card = gr.HTML(elem_id="model-card", padding=False)
        self.catalog = gr.HTML(elem_id="model-catalog", padding=False)
        self.panel = Panel(context, notice, result, start, stop)
        changed = [context.choice, self.card, *self.fetch.outputs]
        components.wire(self.panel, self.run, [context.choice, *given], changed)
        for chosen in (self.pick, self.typed):
            chosen.change(
                self.offer,
                [self.pick, self.typed],
                self.fetch.outputs,
                trigger_mode="always_last",
                **components.QUIET,
            )
        self.fetch.wire([self.catalog, self.pick])
        unload.click(
            self.unload, [context.choice], [notice, result, context.status], **components.QUIET
        )
        page.load(
            self.arrive, [context.choice],
            [self.catalog, self.pick, context.status, self.card, result],
            **components.QUIET,
        )  # fmt: skip

    def _inputs(self) -> list[Any]:
        t, first = self.context.t, self.context.choice.value
        self.pick = gr.Dropdown(
            _choices(first.name, t), value=first.name, label=t("model.pick"),
            elem_id="model-pick", filterable=False, min_width=260, scale=3,
        )  # fmt: skip
        self.typed = gr.Textbox(
            label=t("model.folder"), placeholder=t("model.folder.hint"), max_lines=1,
            elem_id="model-folder", min_width=260, scale=3,
        )  # fmt: skip
        return [
            self.pick,
            self.typed,
            gr.Dropdown(
                [(t("model.auto"), "auto"), *((c, c) for c in COMPUTES if c != "auto")],
                value=first.compute, label=t("model.compute"), elem_id="model-compute",
                filterable=False, min_width=160, scale=2,
            ),
        ]  # fmt: skip

    async def run(
        self, current: Choice, name: str, path: str, number_format: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """Load a model; if that fails, the page continues to use the previous one."""
        choice = Choice(path.strip() or name, number_format)
        local = visitor_of(request).local

        def work(session: JobSession, _: None) -> str:
            encoder = session.models.get(choice.name, choice.compute)
            return _card(encoder, self.context.t, local=local)

        def show(_: None, card_html: str) -> Updates:
            return {self.context.choice: choice, self.card: card_html}

        def prepare() -> None:
            if not local:
                check_remote(choice.name)

        async for updates in self.panel.run(request, choice, prepare, work, show, stays=current):
            # in the same update: of two updates sent together the page loses the first
            last = self.context.status in updates
            yield updates | await self.offer(name, path, request) if last else updates

    async def offer(self, name: str, path: str, request: gr.Request) -> Updates:
        """Offer a download if the chosen model is not installed."""
        chosen, visitor = path.strip() or name, visitor_of(request)
        if self.context.runner.fetches(session_of(request)):
            return {self.fetch.name: gr.skip()}  # the panel shows a running download

        def find() -> Offer | None:
            if not visitor.local:
                check_remote(chosen)
            return find_offer(chosen)

        found = await self.context.runner.call(find)
        return self.fetch.offered(found.value, visitor)

    def _arrived(self) -> Updates:
        """Updates of the page after a download."""
        t, first = self.context.t, self.context.choice.value
        return {
            self.catalog: _catalog(t),
            self.pick: gr.update(choices=_choices(first.name, t)),
        }

    async def unload(self, choice: Choice) -> Updates:
        """Unload the model."""
        was = self.context.runner.models.unload(choice.name, choice.compute)
        text = self.context.t("model.unloaded" if was else "model.not_loaded", name=choice.name)
        return {
            self.panel.notice: gr.update(value=html.notice(text, kind="info"), visible=True),
            self.panel.result: gr.update(visible=False),
            self.context.status: self.context.status_line(choice),
        }

    async def arrive(self, choice: Choice, request: gr.Request) -> Updates:
        """Updates of a page that was opened."""
        runner, t = self.context.runner, self.context.t
        encoder = runner.models.peek(choice.name, choice.compute)
        local = visitor_of(request).local
        card_html = await runner.call(self._arrived)
        card = await runner.call(lambda: _card(encoder, t, local=local) if encoder else "")
        return {
            **(card_html.value or {}),
            self.context.status: self.context.status_line(choice),
            self.card: card.value or "",
            self.panel.result: gr.update(visible=encoder is not None),
        }


def _choices(first: str, t: Translations) -> list[tuple[str, str]]:
    """The models to choose from; those that are not installed are marked."""
    known = []
    for entry in CATALOG:
        label = f"{entry.name} · {entry.dimension} · {entry.parameters:g} M"
        away = _install_state(entry.name) == "no"
        known.append((t("model.pick.away", model=label) if away else label, entry.name))
    if first not in [name for _, name in known]:
        known.insert(0, (first, first))
    return known


def _card(encoder: Encoder, t: Translations, *, local: bool) -> str:
    memory = psutil.Process().memory_info().rss / 2**20
    config, place = encoder.config, str(encoder.location.folder)
    reason = encoder.runtime_reason
    if not local:  # the engine's own messages may name the folder
        reason = reason.replace(str(config.folder), config.folder.name)
    rows = [
        html.Fact(t("model.name"), encoder.name),
        html.Fact(t("measure.dimension"), f"{encoder.dimension:,}"),
        html.Fact(t("model.max_tokens"), f"{encoder.max_seq_length:,}"),
        html.Fact(t("model.parameters"), f"{encoder.parameters / 1e6:,.1f} M"),
        html.Fact(t("model.compute_used"), f"{encoder.compute} · {encoder.device}"),
        html.Fact(t("model.runtime_reason"), reason, long=True),
        html.Fact(t("model.load_time"), t("seconds", n=f"{encoder.load_seconds:.2f}")),
        html.Fact(t("model.memory"), f"{memory:,.0f} MiB", t("model.memory.note")),
        html.Fact(t("model.similarity"), encoder.similarity_fn_name),
        html.Fact(t("model.source"), t(f"model.source.{encoder.location.source}")),
        *([html.Fact(t("model.files"), place, long=True)] if local else []),
        html.Fact(t("model.fingerprint"), encoder.fingerprint, long=True),
    ]
    rows += [html.Fact(t("model.note"), note, warn=True, long=True) for note in config.notes]
    return html.facts(rows)


def _catalog(t: Translations) -> str:
    headers = ["name", "dimension", "tokens", "parameters", "languages", "licence", "here"]
    return html.table(
        [t(f"catalog.{each}") for each in headers],
        [_row(entry, t) for entry in CATALOG],
        caption=t("catalog.title"),
    )


def _row(entry: Entry, t: Translations) -> list[str]:
    return [
        entry.name,
        f"{entry.dimension:,}",
        "–" if entry.max_tokens is None else f"{entry.max_tokens:,}",
        f"{entry.parameters:g} M",
        _languages(entry.languages, t),
        entry.licence,
        t(f"catalog.here.{_install_state(entry.name)}"),
    ]


def _languages(languages: str, t: Translations) -> str:
    """The languages of a model, in the language of the page: one language, or a number."""
    count = re.search(r"\d+", languages)
    if count is None:
        return t(f"language.{languages}")
    kind = next((each for each in ("about", "over") if languages.startswith(each)), "just")
    return t(f"language.{kind}", n=count[0])


def _install_state(name: str) -> str:
    """Whether a model is installed: `yes`, `no` or `damaged`."""
    try:
        found = find_local(name)
    except CheckpointError:
        return "damaged"
    return "yes" if found else "no"
