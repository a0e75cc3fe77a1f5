"""Work off the event loop: progress, stopping, failures; models and results that are shared."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pytest

from likewise.errors import LikewiseError
from likewise.operations.registry import ModelRegistry
from likewise.web import charts, html
from likewise.web.download_store import DocumentResult, DownloadStore, TableResult
from likewise.web.job_runner import Job, JobRunner, Outcome, Task
from likewise.web.messages import failure_notice
from likewise.web.registry import Choice, NoFolderError, NotInstalledError, local_models
from likewise.web.translations import translations_for

CHOICE = Choice(compute="float32")
T = TypeVar("T")


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a separate thread: browser tests leave an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _outcome(runner: JobRunner, work: Task[Any], session: str = "s") -> Outcome[Any]:
    async def follow() -> Outcome[Any]:
        async for step in runner.steps(session, CHOICE, work):
            if isinstance(step, Outcome):
                return step
        raise AssertionError("no outcome")

    return _run(follow())


@pytest.fixture(scope="module")
def registry(model_folder: Path) -> ModelRegistry:
    return local_models()


def test_work_is_done_with_the_chosen_model(registry: ModelRegistry) -> None:
    runner = JobRunner(registry, DownloadStore())
    assert registry.peek(CHOICE.name, CHOICE.compute) is None
    outcome = _outcome(runner, lambda encoder, _: encoder.compute)
    assert outcome.value == "float32"
    assert registry.peek(CHOICE.name, CHOICE.compute) is not None


def test_what_goes_wrong_is_an_outcome(
    registry: ModelRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    runner = JobRunner(registry, DownloadStore())

    def ours(encoder: object, job: Job) -> None:
        raise LikewiseError("no", hint="yes")

    def unexpected(encoder: object, job: Job) -> None:
        raise ZeroDivisionError("secret detail")

    failure = _outcome(runner, ours).failure
    assert failure
    assert str(failure.error) == "no (hint: yes)"
    failure = _outcome(runner, unexpected).failure
    assert failure
    notice = failure_notice(failure, translations_for("en"))
    assert failure.log_id in notice
    assert failure.log_id in caplog.text, "the log has the whole story under that number"
    assert "secret detail" not in notice


def test_stop_ends_work_of_that_session_alone(registry: ModelRegistry) -> None:
    runner = JobRunner(registry, DownloadStore())
    begun = threading.Barrier(3, timeout=20)

    def work(encoder: object, job: Job) -> str:
        begun.wait()
        if not job.stop.wait(1.0):
            return "finished"
        job.check()
        return "unreachable"

    async def both() -> list[Outcome[str]]:
        async def follow(session: str) -> Outcome[str]:
            async for step in runner.steps(session, CHOICE, work):
                if isinstance(step, Outcome):
                    return step
            raise AssertionError

        running = [asyncio.create_task(follow(each)) for each in ("a", "b")]
        await asyncio.to_thread(begun.wait)
        runner.stop("a")
        return await asyncio.gather(*running)

    first, second = _run(both())
    assert first.stopped
    assert second.value == "finished"


def test_a_visitor_who_leaves_stops_the_job(registry: ModelRegistry) -> None:
    runner = JobRunner(registry, DownloadStore())
    left = threading.Event()

    def work(encoder: object, job: Job) -> None:
        if job.stop.wait(20):
            left.set()

    async def leave() -> None:
        steps = runner.steps("s", CHOICE, work)
        await anext(steps)
        await cast("AsyncGenerator[Any]", steps).aclose()

    _run(leave())
    assert left.wait(5)


def test_a_result_is_given_to_its_visitor_alone() -> None:
    downloads = DownloadStore()
    table = TableResult([{"rank": 1, "text": "a"}])
    token = downloads.put("page", table, "anna")
    assert downloads.get(token, "anna") is table
    assert downloads.get(token, "ben") is None
    assert downloads.get(token) is None


def test_models_that_are_not_here_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: object, **__: object) -> None:
        raise AssertionError("the page must not fetch")

    monkeypatch.setattr("likewise.hub.download.fetch", fetch)
    with pytest.raises(NotInstalledError) as caught:
        local_models().get("gte-large")
    assert caught.value.command == "likewise download gte-large"
    with pytest.raises(NotInstalledError):
        local_models().get("someone/some-model")
    with pytest.raises(NoFolderError):
        local_models().get("/no/such/folder")


def test_results_are_kept_one_a_kind_and_for_a_while() -> None:
    downloads = DownloadStore(limit=10_000)
    table = TableResult([{"rank": 1, "text": "a"}])
    first = downloads.put("one", table)
    second = downloads.put("one", table)
    other = downloads.put("two", table)
    assert downloads.get(first) is None
    assert downloads.get(second) is table
    downloads.drop("one")
    assert downloads.get(second) is None
    assert downloads.get(other) is table
    large = downloads.put("three", TableResult([{"text": "x" * 20_000}]))
    assert downloads.get(other) is None, "the oldest is deleted"
    assert downloads.get(large) is not None
    brief = DownloadStore(seconds=0)
    assert brief.get(brief.put("one", table)) is None


def test_a_document_is_written_whole(tmp_path: Path) -> None:
    document = {"texts": ["食べる"], "matrix": [[1.0]]}
    DocumentResult(document, "test_1").write(tmp_path / "test_1.json")
    assert json.loads((tmp_path / "test_1.json").read_text("utf-8")) == document


def test_nothing_from_outside_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    made = [
        html.facts([html.Fact(evil, evil, evil)]),
        html.table([evil], [[evil]], caption=evil),
        html.ranking([evil], [html.RankingBar(1, evil, evil, 0.5)]),
        html.notice(evil, evil, command=evil),
        html.dot_status(True, evil, evil),
        html.downloads(evil, [(evil, '"><script>')]),
        charts.heatmap(np.ones((1, 1), np.float32), [evil], [evil], score="s").to_json(),
    ]
    for piece in made:
        assert "<script>" not in piece
