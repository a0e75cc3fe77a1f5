"""Downloads in the tab *Model*: facts about a model that is not installed, and its download."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from likewise.errors import CheckpointError
from likewise.hub import catalog
from likewise.hub.cache import Repository, is_hub_id
from likewise.hub.client import Hub
from likewise.hub.download import DownloadPlan, DownloadProgress
from likewise.hub.locate import Location, find_local, locate
from likewise.progress import Advance
from likewise.web import components, html
from likewise.web.job_runner import Job, Outcome
from likewise.web.messages import PageError, failure_notice, fetching_notice, megabytes
from likewise.web.page_context import PageContext, Updates, session_of
from likewise.web.translations import Translations
from likewise.web.visitors import Visitor, visitor_of

BYTES_PER_PARAMETER = 4
"""Most checkpoints are published in float32."""


@dataclass(frozen=True)
class Offer:
    """A model that can be downloaded.

    Attributes:
        name: of the model.
        hub_id: its hub id.
        size: approximate size in bytes; None if unknown.
        licence: SPDX identifier; None if unknown.
        source: address of the hub.
        destination: folder in the cache.
        arrived: bytes that are already downloaded.
        offline: whether access to the hub is disabled.
    """

    name: str
    hub_id: str
    size: int | None
    licence: str | None
    source: str
    destination: Path
    arrived: int
    offline: bool


def find_offer(name: str) -> Offer | None:
    """The download of a model; None if it is installed, or has no hub id."""
    entry = catalog.find(name)
    hub_id = entry.hub_id if entry else name
    try:
        if not is_hub_id(hub_id) or find_local(name) is not None:
            return None
    except CheckpointError:
        return None  # bundled and damaged; a download would not be used
    hub = Hub.from_environment()
    repository = Repository.of(hub.cache, hub_id)
    blobs = repository.folder / "blobs"
    return Offer(
        name=entry.name if entry else name,
        hub_id=hub_id,
        size=round(entry.parameters * 1e6 * BYTES_PER_PARAMETER) if entry else None,
        licence=entry.licence if entry else None,
        source=hub.endpoint,
        destination=repository.folder,
        arrived=sum(path.stat().st_size for path in blobs.glob("*")) if blobs.is_dir() else 0,
        offline=hub.offline,
    )


class Fetch:
    """The panel with facts about a model, and the buttons that start and cancel its download.

    Args:
        context: context of the page.
        arrived: called after a download; returns updates of the page.
    """

    def __init__(self, context: PageContext, arrived: Callable[[], Updates]) -> None:
        self.context, self._arrived = context, arrived
        t = context.t
        self.name = gr.State("")
        self.notice = gr.HTML(visible=False, elem_id="fetch-notice", padding=False)
        with gr.Column(visible=False, elem_id="fetch-offer") as self.box:
            self.facts = gr.HTML(elem_id="fetch-facts", padding=False)
        with gr.Row(elem_classes="lw-actions", visible=False) as self.row:
            self.start = gr.Button(
                t("fetch.run"), variant="secondary", elem_id="fetch-run", scale=0,
                min_width=160,
            )  # fmt: skip
            self.cancel = gr.Button(
                t("fetch.cancel"), variant="stop", visible=False, elem_id="fetch-cancel",
                scale=0, min_width=100,
            )  # fmt: skip

    @property
    def outputs(self) -> list[Any]:
        """The components that `offered` and `run` update."""
        return [self.name, self.notice, self.box, self.facts, self.row, self.start, self.cancel]

    def wire(self, shown: list[Any]) -> None:
        """Connect the buttons; a download may also update `shown`."""
        self.start.click(self.run, [self.name], [*self.outputs, *shown], **components.QUIET)

        async def halt(request: gr.Request) -> None:
            self.context.runner.stop(session_of(request))

        self.cancel.click(halt, queue=False, **components.QUIET)

    def offered(self, offer: Offer | None, visitor: Visitor) -> Updates:
        """An offer, as updates of the page; None hides the panel."""
        allowed = offer is not None and not offer.offline and visitor.may_download
        notice_html = _offer(offer, self.context.t, local=visitor.local) if offer else ""
        if offer and not allowed:
            why = "fetch.offline" if offer.offline else "fetch.remote"
            notice_html += html.notice(self.context.t(why), kind="info")
        return {
            self.name: offer.name if offer else "",
            self.notice: gr.update(visible=False),
            self.box: gr.update(visible=offer is not None),
            self.facts: notice_html,
            self.row: gr.update(visible=allowed),
            self.start: gr.update(visible=allowed, interactive=True),
            self.cancel: gr.update(visible=False),
        }

    async def run(self, name: str, request: gr.Request) -> AsyncIterator[Updates]:
        """Download a model."""
        t, visitor = self.context.t, visitor_of(request)
        notice_html = ""

        def work(job: Job) -> Location:
            if not visitor.may_download:
                raise PageError("fetch.remote")
            return locate(name, progress=_progress(job))

        yield {
            self.start: gr.update(interactive=False),
            self.cancel: gr.update(visible=True),
        }
        async for step in self.context.runner.transfer(session_of(request), work):
            if isinstance(step, Job):
                now = fetching_notice(step, name, t)
                if now != notice_html:
                    yield {self.notice: gr.update(value=now, visible=True)}
                notice_html = now
                continue
            found = await self.context.runner.call(lambda: find_offer(name))
            yield (
                self.offered(found.value, visitor)
                | {self.notice: gr.update(value=self._ended(step, name, visitor), visible=True)}
                | (self._arrived() if step.value else {})
            )

    def _ended(self, outcome: Outcome[Location], name: str, visitor: Visitor) -> str:
        t = self.context.t
        if outcome.stopped:
            return html.notice(t("fetch.stopped"), t("fetch.stopped.body"), kind="info")
        if outcome.failure:
            return failure_notice(outcome.failure, t)
        assert outcome.value is not None
        place = str(outcome.value.folder) if visitor.local else ""
        return html.notice(t("fetch.done", name=name), t("fetch.done.body"), place, kind="info")


def _offer(offer: Offer, t: Translations, *, local: bool) -> str:
    size = t("fetch.about", size=megabytes(offer.size)) if offer.size else t("fetch.unknown")
    rows = [
        html.Fact(t("fetch.model"), offer.name, t("catalog.here.no.note")),
        html.Fact(t("fetch.size"), size),
        html.Fact(t("catalog.licence"), offer.licence or t("fetch.card")),
    ]
    if offer.arrived:
        rows.append(html.Fact(t("fetch.arrived"), megabytes(offer.arrived)))
    rows.append(html.Fact(t("fetch.source"), f"{offer.source}/{offer.hub_id}", long=True))
    if local:
        rows.append(html.Fact(t("fetch.destination"), str(offer.destination), long=True))
    return html.facts(rows)


def _progress(job: Job) -> DownloadProgress:
    """Reports the progress of a download to a job, and stops it when the job is cancelled."""

    @contextmanager
    def opened(plan: DownloadPlan) -> Iterator[Advance]:
        job.total = plan.total_bytes

        def advance(count: int) -> None:
            job.check()
            job.advance(count)

        yield advance

    return opened
