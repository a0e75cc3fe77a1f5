"""The models in memory, shared by everyone who has the page open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from likewise.encoder import Encoder
from likewise.errors import ModelNotFoundError
from likewise.hub.catalog import DEFAULT, find
from likewise.hub.locate import find_local
from likewise.loading import load


@dataclass(frozen=True)
class Choice:
    """Which model one person works with; what the session remembers.

    Attributes:
        name: a catalogue name, a hub id, or a folder.
        compute: number format of the network.
    """

    name: str = DEFAULT
    compute: str = "auto"


class NotHereError(ModelNotFoundError):
    """A known model whose files are not on this machine; the page never fetches them itself.

    Attributes:
        name: the model.
        command: what fetches it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.command = f"likewise download {name}"
        super().__init__(f"{name} is not on this machine", hint=self.command)


class NoFolderError(ModelNotFoundError):
    """Neither a folder on this machine nor a name that could be fetched."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no model or folder {name!r}", hint="check the path or the name")


@dataclass
class _Turn:
    """Who loads a model while others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class Registry:
    """Loads each model once, keeps the few used last. Safe from several threads.

    A model that is dropped here lives on for whoever is still computing with it.

    Args:
        limit: models kept in memory.
    """

    def __init__(self, limit: int = 3) -> None:
        self._limit = limit
        self._loaded: OrderedDict[Choice, Encoder] = OrderedDict()
        self._loading: dict[Choice, _Turn] = {}
        self._lock = threading.Lock()

    def peek(self, choice: Choice) -> Encoder | None:
        """The model where it is loaded; never loads it."""
        with self._lock:
            return self._loaded.get(choice)

    def get(self, choice: Choice) -> Encoder:
        """The model, loaded where it is not yet.

        Raises:
            NotHereError: its files are not on this machine.
            NoFolderError: no such folder or name.
            CheckpointError: its files cannot be used.
            EngineError: the engine refused.
        """
        with self._turn(choice):
            if (encoder := self.peek(choice)) is None:
                _require_local(choice.name)
                encoder = load(choice.name, compute=choice.compute)
            with self._lock:
                self._loaded[choice] = encoder
                self._loaded.move_to_end(choice)
                while len(self._loaded) > self._limit:
                    self._loaded.popitem(last=False)
            return encoder

    @contextmanager
    def _turn(self, choice: Choice) -> Iterator[None]:
        """One thread at a time loads a model; the lock goes with the last that waits for it."""
        with self._lock:
            turn = self._loading.setdefault(choice, _Turn())
            turn.users += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.users -= 1
                if not turn.users:
                    del self._loading[choice]

    def unload(self, choice: Choice) -> bool:
        """Let go of a model; False where it was not loaded."""
        with self._lock:
            return self._loaded.pop(choice, None) is not None


def _require_local(name: str) -> None:
    if find_local(name) is not None:
        return
    if find(name) is not None or (name.count("/") == 1 and not name.startswith((".", "~", "/"))):
        raise NotHereError(name)
    raise NoFolderError(name)
