"""Which model a page works with, loaded from the files of this machine alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

from likewise.encoder import Encoder
from likewise.errors import ModelNotFoundError
from likewise.hub.catalog import DEFAULT, find
from likewise.hub.locate import find_local
from likewise.loading import load
from likewise.operations.contract import ComputeName, ModelRequest
from likewise.operations.registry import MEMORY_LIMIT, ModelRegistry

Q = TypeVar("Q", bound=ModelRequest)


@dataclass(frozen=True)
class Choice:
    """Which model one person works with; what the session remembers.

    Attributes:
        name: a catalogue name, a hub id, or a folder.
        compute: number format of the network.
    """

    name: str = DEFAULT
    compute: str = "auto"

    def request(self, kind: type[Q], *given: Any, **values: Any) -> Q:
        """A request of that kind for this model."""
        return kind(*given, model=self.name, compute=cast(ComputeName, self.compute), **values)


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


def local_models(memory_limit: int = MEMORY_LIMIT) -> ModelRegistry:
    """The models in memory, shared by everyone who has the page open; it never downloads.

    `get` raises `NotHereError` where a model's files are not on this machine, and `NoFolderError`
    where there is no such folder or name.

    Args:
        memory_limit: bytes of weights that stay in memory.
    """
    return ModelRegistry(memory_limit, _load_local)


def _load_local(model: str, compute: str, device: str) -> Encoder:
    _require_local(model)
    return load(model, compute=compute, device=device)


def _require_local(name: str) -> None:
    if find_local(name) is not None:
        return
    if find(name) is not None or (name.count("/") == 1 and not name.startswith((".", "~", "/"))):
        raise NotHereError(name)
    raise NoFolderError(name)
