"""The progress of a training in the terminal, as a page, and as files."""

from __future__ import annotations

import time

from likewise.progress import Progress
from likewise.training.progress_page import PageState, write_page
from likewise.training.run_folder import RunFolder
from likewise.training.tensorboard import EventFile
from likewise.training.trainer import StepReport

PAGE_SECONDS = 2.0
"""Seconds between two versions of the page."""


class ProgressLog:
    """Shows and logs steps: bar, page, event file and a line of JSON each.

    Args:
        folder: of the run.
        reports: earlier steps of the run.
        steps: planned number of steps.
        title: of the page.
    """

    def __init__(
        self, folder: RunFolder, reports: list[StepReport], steps: int, title: str
    ) -> None:
        self._folder, self._reports = folder, reports
        self._events = EventFile(folder.logs)
        self._steps, self._title, self._written = steps, title, 0.0

    def add(self, report: StepReport, advance: Progress) -> None:
        """Add a step."""
        self._reports.append(report)
        self._folder.log(report)
        values = {
            "loss": report.loss, "learning_rate": report.learning_rate,
            "gradient_norm": report.gradient_norm, "tokens": float(report.tokens),
        }  # fmt: skip
        if report.dev is not None:
            values["dev"] = report.dev
        self._events.scalars(report.step, values)
        if time.monotonic() - self._written > PAGE_SECONDS:
            self._page("training", running=True)
            self._written = time.monotonic()
        advance(1)
        devs = [r.dev for r in self._reports if r.dev is not None]
        recent = self._reports[-10:]
        spent = recent[-1].seconds - recent[0].seconds
        rate = sum(r.tokens for r in recent[1:]) / spent if spent else 0.0
        advance.message(
            f"loss {report.loss:.3f} · rate {report.learning_rate:.1e} · gradient "
            f"{report.gradient_norm:.2f} · {rate:,.0f} tokens/s"
            + (f" · dev {devs[-1]:.1f}" if devs else "")
        )

    def close(self, status: str) -> None:
        """Close the files, with a last status on the page."""
        self._page(status, running=False)
        self._events.close()

    def _page(self, status: str, *, running: bool) -> None:
        state = PageState(self._title, self._steps, status, running)
        write_page(self._folder.page, state, self._reports)
