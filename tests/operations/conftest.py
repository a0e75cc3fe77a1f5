"""Sessions whose messages and progress are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from likewise.operations.session import Message, Session
from likewise.progress import Progress


@dataclass
class Stage:
    """One stage of work that was shown."""

    title: str
    total: int | None
    unit: str
    done: int = 0


@dataclass
class Recorded:
    """A session, and what it reported."""

    session: Session = field(init=False)
    messages: list[Message] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = Session(progress=self.progress, on_message=self.messages.append)

    @contextmanager
    def progress(self, total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        stage = Stage(title, total, unit)
        self.stages.append(stage)

        class Counting(Progress):
            def __call__(self, done: int) -> None:
                stage.done += done

        yield Counting()

    @property
    def codes(self) -> list[str]:
        return [message.code for message in self.messages]


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()
