"""Progress of long work: one protocol, and a bar on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

Advance = Callable[[int], None]
"""Called with the number of pieces that have just been finished; a `Progress` is one."""

MessageCallback = Callable[[str], None]
"""Called with one line of text for the person who waits."""


class Progress:
    """Counts finished pieces of work; this one shows nothing."""

    def __call__(self, done: int) -> None:
        """Count some more finished pieces."""

    def message(self, text: str) -> None:
        """Show a few words beside the count."""


class ProgressFactory(Protocol):
    """Opens a `Progress` for one stage of work; `bar` and `no_progress` are two."""

    def __call__(
        self, total: int | None, *, title: str, unit: str = "texts"
    ) -> AbstractContextManager[Progress]:
        """A progress for a stage.

        Args:
            total: number of pieces; None where it is not known.
            title: what is being done.
            unit: what is counted.
        """
        ...


@contextmanager
def no_progress(
    total: int | None,  # noqa: ARG001 - the signature of a `ProgressFactory`
    *,
    title: str,  # noqa: ARG001
    unit: str = "texts",  # noqa: ARG001
) -> Iterator[Progress]:
    """Shows nothing."""
    yield Progress()


@contextmanager
def bar(
    total: int | None, *, title: str, unit: str = "texts", show: bool | None = None
) -> Iterator[Progress]:
    """A bar on standard error with rate and time left; a spinner where the total is not known.

    Args:
        total: number of pieces; None where it is not known.
        title: what is being done.
        unit: what is counted.
        show: None shows it where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield Progress()
        return
    from rich import progress as rich_progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = _spinner() if total is None else _columns(unit)
    with rich_progress.Progress(*columns, console=console) as display:
        task = display.add_task(title, total=total, rate="…", words="")

        class Shown(Progress):
            def __call__(self, done: int) -> None:
                display.advance(task, done)
                speed = display.tasks[0].speed
                display.update(task, rate=f"{speed:,.0f}" if speed else "…")

            def message(self, text: str) -> None:
                display.update(task, words=text)

        yield Shown()


@contextmanager
def busy(title: str, *, show: bool | None = None) -> Iterator[None]:
    """A spinner with the time elapsed, for work whose length is not known.

    Args:
        title: what is being done.
        show: None shows it where standard error is a terminal.
    """
    with bar(None, title=title, show=show):
        yield


def _spinner() -> Iterator[ProgressColumn]:
    from rich import progress

    yield progress.SpinnerColumn()
    yield progress.TextColumn("{task.description}")
    yield progress.TimeElapsedColumn()
    yield progress.TextColumn("{task.fields[words]}")


def _columns(unit: str) -> Iterator[ProgressColumn]:
    from rich import progress

    yield progress.TextColumn("{task.description}")
    yield progress.BarColumn()
    if unit == "bytes":
        yield progress.DownloadColumn()
        yield progress.TransferSpeedColumn()
    else:
        yield progress.MofNCompleteColumn()
        yield progress.TextColumn(f"{unit}  {{task.fields[rate]}} {unit}/s  {{task.fields[words]}}")
    yield progress.TimeRemainingColumn()
