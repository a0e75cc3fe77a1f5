"""Stages of work that an operation reported, for tests of progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from likewise.progress import Progress


@dataclass
class Stage(Progress):
    """One stage: what it was called, its total, and how many pieces were reported."""

    title: str
    unit: str
    total: int | None
    done: int = 0

    def __call__(self, done: int) -> None:
        self.done += done


@dataclass
class Stages:
    """A `ProgressFactory` that records its stages; none may be opened inside another."""

    stages: list[Stage] = field(default_factory=list)
    open: int = 0

    @contextmanager
    def __call__(self, total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        assert not self.open, f"{title} inside {self.stages[-1].title}: two bars cannot be drawn"
        self.open += 1
        self.stages.append(Stage(title, unit, total))
        try:
            yield self.stages[-1]
        finally:
            self.open -= 1

    @property
    def titles(self) -> list[str]:
        """Titles in their order."""
        return [stage.title for stage in self.stages]

    def check(self) -> None:
        """Every stage with a total reached it."""
        for stage in self.stages:
            assert stage.total in (None, stage.done), stage
