"""A progress bar on standard error, only where it is wanted and rich's import is worth it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn


Advance = Callable[[int], None]
"""Told how many more pieces are finished; a `Bar` is one."""


class Bar:
    """Counts finished pieces of work; shows nothing."""

    def __call__(self, done: int) -> None:
        """So many more are finished."""

    def tell(self, text: str) -> None:
        """Show a few words behind the bar."""


@contextmanager
def bar(
    total: int | None, *, title: str, unit: str = "texts", show: bool | None = None
) -> Iterator[Bar]:
    """Count finished pieces of work; a bar appears with rate and time left.

    Args:
        total: how many there are; None where it is not known.
        title: what is going on.
        unit: what is counted.
        show: None shows it where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*_columns(unit), console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, rate="…", words="")

        class Shown(Bar):
            def __call__(self, done: int) -> None:
                progress.advance(task, done)
                speed = progress.tasks[0].speed
                progress.update(task, rate=f"{speed:,.0f}" if speed else "…")

            def tell(self, text: str) -> None:
                progress.update(task, words=text)

        yield Shown()


@contextmanager
def busy(title: str, *, show: bool | None = None) -> Iterator[None]:
    """Show that something is going on whose end is not known, and how long it has taken.

    Args:
        title: what is going on.
        show: None shows it where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as spinner:
        spinner.add_task(title, total=None)
        yield


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
