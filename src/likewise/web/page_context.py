"""What every tab is given, and the one way in which all of them run work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from likewise.encoder import Encoder
from likewise.operations.session import Message
from likewise.web import html
from likewise.web.download_store import Result
from likewise.web.job_runner import Failure, Job, JobRunner, JobSession
from likewise.web.messages import PageError, failure_notice, foreign_notice, job_notice
from likewise.web.registry import Choice
from likewise.web.samples import Samples
from likewise.web.translations import Translations
from likewise.web.visitors import visitor_of

P = TypeVar("P")
R = TypeVar("R")
Updates = dict[Any, Any]


@dataclass(frozen=True)
class PageContext:
    """What is around the tabs.

    Attributes:
        t: the page's language.
        runner: where work is done.
        choice: which model this session works with.
        status: the line that says which model is in memory.
        results: folder of saved example tests.
        samples: the boxes that show samples.
    """

    t: Translations
    runner: JobRunner
    choice: gr.State
    status: gr.HTML
    results: Path
    samples: Samples

    def status_line(self, choice: Choice) -> str:
        """Which model is in memory."""
        encoder = self.runner.models.peek(choice.name, choice.compute)
        if encoder is None:
            return html.dot_status(False, choice.name, self.t("status.off"))
        detail = self.t(
            "status.on", compute=encoder.compute, dimension=encoder.dimension,
            tokens=encoder.max_seq_length,
        )  # fmt: skip
        return html.dot_status(True, encoder.name, detail)

    def links(self, request: gr.Request, result: Result) -> str:
        """Offer a result to the visitor who asked for it: links to each of its formats."""
        token = self.runner.downloads.put(session_of(request), result, visitor_of(request).name)
        root = self.t.language.root
        return html.downloads(
            self.t("download.label"),
            [
                (ending.upper(), f"{root}downloads/{token}/{result.stem}.{ending}")
                for ending in result.formats
            ],
        )


@dataclass(frozen=True)
class Panel:
    """The part of a tab where its results appear.

    Attributes:
        context: what is around the tabs.
        notice: messages and progress.
        result: shown when there is one.
        start: the button that begins the work.
        stop: the button that ends it, shown while it runs.
    """

    context: PageContext
    notice: gr.HTML
    result: gr.Column
    start: gr.Button
    stop: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """Every component that running work changes."""
        return [self.notice, self.result, self.start, self.stop, self.context.status]

    async def run(
        self,
        request: gr.Request,
        choice: Choice,
        prepare: Callable[[], P],
        work: Callable[[JobSession, P], R],
        show: Callable[[P, R], Updates],
        *,
        stays: Choice | None = None,
        rename: tuple[str, str] = ("", ""),
    ) -> AsyncIterator[Updates]:
        """Prepare, load the model where it is not loaded, work, show; yields changes to the page.

        Args:
            request: whose page it is.
            choice: which model.
            prepare: reads and checks what was handed in, before any model is loaded.
            work: runs operations in a session, whose messages are shown.
            show: the result as changes to the page.
            stays: the model that the session keeps where this one cannot be loaded.
            rename: a path on the server, and the name under which the reader knows the file.
        """
        stays = stays or choice
        busy: Updates = {self.start: gr.update(interactive=False), self.stop: _shown(True)}
        yield {self.notice: _shown(False)} | busy  # by which the style dims the last result
        prepared = await self.context.runner.call(prepare)
        if prepared.failure:
            yield self._failed(prepared.failure, stays, rename)
            return
        ready: Any = prepared.value
        notice_html = ""
        reported: list[Message] = []

        def done(_: Encoder, job: Job) -> R:
            session = job.session(self.context.runner.models, reported.append)
            return work(session, ready)

        steps = self.context.runner.steps(session_of(request), choice, done)
        async for step in steps:
            if isinstance(step, Job):
                now = job_notice(step, choice, self.context.t)
                if now != notice_html:
                    yield {self.notice: gr.update(value=now, visible=True)}
                notice_html = now
            elif step.failure:
                yield self._failed(step.failure, stays, rename)
            elif step.stopped:
                yield self._stopped(stays)
            else:
                yield self._idle(choice) | {
                    self.notice: self._remark(choice, reported),
                    self.result: _shown(True),
                    **show(ready, step.value),  # type: ignore[arg-type]
                }

    def _remark(self, choice: Choice, reported: list[Message]) -> Any:
        """What operations reported that no tab shows itself: texts in other scripts."""
        scripts = next((message for message in reported if message.code == "scripts"), None)
        if scripts is None:
            return _shown(False)
        notice_html = foreign_notice(scripts.values, choice, self.context.t)
        return gr.update(value=notice_html, visible=True)

    def _stopped(self, choice: Choice) -> Updates:
        t = self.context.t
        notice_html = html.notice(t("work.stopped"), t("work.stopped.body"), kind="info")
        return self._idle(choice) | {
            self.notice: gr.update(value=notice_html, visible=True),
            self.result: _shown(False),
        }

    def _failed(self, failure: Failure, choice: Choice, rename: tuple[str, str]) -> Updates:
        notice_html = failure_notice(failure, self.context.t, rename=rename)
        return self._idle(choice) | {
            self.notice: gr.update(value=notice_html, visible=True),
            self.result: _shown(False),
        }

    def _idle(self, choice: Choice) -> Updates:
        return {
            self.start: gr.update(interactive=True),
            self.stop: _shown(False),
            self.context.status: self.context.status_line(choice),
        }


def session_of(request: gr.Request) -> str:
    """The name of the page that asks."""
    return str(request.session_hash or "")


def lines(text: str | None) -> list[str]:
    """One text a line; blank lines are no texts."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def required(text: str | None, key: str) -> str:
    """A text that must be there.

    Raises:
        PageError: it is blank.
    """
    if not (text or "").strip():
        raise PageError(key)
    return str(text)


def _shown(visible: bool) -> Any:
    return gr.update(visible=visible)
