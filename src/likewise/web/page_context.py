"""The context of all tabs, and how they run jobs."""

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
    """The context of all tabs.

    Attributes:
        t: the translations.
        runner: runs the jobs.
        choice: the model of the session.
        status: the status line of the model.
        results: folder of saved example tests.
        samples: the inputs with sample texts.
    """

    t: Translations
    runner: JobRunner
    choice: gr.State
    status: gr.HTML
    results: Path
    samples: Samples

    def status_line(self, choice: Choice) -> str:
        """The status of a model."""
        encoder = self.runner.models.peek(choice.name, choice.compute)
        if encoder is None:
            return html.dot_status(False, choice.name, self.t("status.off"))
        detail = self.t(
            "status.on", compute=encoder.compute, dimension=encoder.dimension,
            tokens=encoder.max_seq_length,
        )  # fmt: skip
        return html.dot_status(True, encoder.name, detail)

    def links(self, request: gr.Request, result: Result) -> str:
        """Store a result for its visitor; returns links to its formats."""
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
    """The part of a tab that shows progress and results.

    Attributes:
        context: context of the page.
        notice: messages and progress.
        result: the result, hidden if there is none.
        start: starts the job.
        stop: cancels the job; visible while it runs.
    """

    context: PageContext
    notice: gr.HTML
    result: gr.Column
    start: gr.Button
    stop: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """The components that a job updates."""
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
        """Run a job: prepare, load the model, work, show; yields updates of the page.

        Args:
            request: the request.
            choice: the model.
            prepare: reads and checks the inputs, before the model is loaded.
            work: runs operations in a session, whose messages are shown.
            show: returns the result as updates of the page.
            stays: the model of the page if this one cannot be loaded.
            rename: a path on the server, and the name of the file to show instead.
        """
        stays = stays or choice
        busy: Updates = {self.start: gr.update(interactive=False), self.stop: _visible(True)}
        yield {self.notice: _visible(False)} | busy  # the style sheet dims the last result
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
                    self.notice: self._message_notice(choice, reported),
                    self.result: _visible(True),
                    **show(ready, step.value),  # type: ignore[arg-type]
                }

    def _message_notice(self, choice: Choice, reported: list[Message]) -> Any:
        """The notice of messages that all tabs show: texts in other scripts."""
        scripts = next((message for message in reported if message.code == "scripts"), None)
        if scripts is None:
            return _visible(False)
        notice_html = foreign_notice(scripts.values, choice, self.context.t)
        return gr.update(value=notice_html, visible=True)

    def _stopped(self, choice: Choice) -> Updates:
        t = self.context.t
        notice_html = html.notice(t("work.stopped"), t("work.stopped.body"), kind="info")
        return self._idle(choice) | {
            self.notice: gr.update(value=notice_html, visible=True),
            self.result: _visible(False),
        }

    def _failed(self, failure: Failure, choice: Choice, rename: tuple[str, str]) -> Updates:
        notice_html = failure_notice(failure, self.context.t, rename=rename)
        return self._idle(choice) | {
            self.notice: gr.update(value=notice_html, visible=True),
            self.result: _visible(False),
        }

    def _idle(self, choice: Choice) -> Updates:
        return {
            self.start: gr.update(interactive=True),
            self.stop: _visible(False),
            self.context.status: self.context.status_line(choice),
        }


def session_of(request: gr.Request) -> str:
    """The session of a page."""
    return str(request.session_hash or "")


def lines(text: str | None) -> list[str]:
    """The lines of a text, without blank ones."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def required(text: str | None, key: str) -> str:
    """Check that a text is not blank.

    Raises:
        PageError: it is blank.
    """
    if not (text or "").strip():
        raise PageError(key)
    return str(text)


def _visible(visible: bool) -> Any:
    return gr.update(visible=visible)
