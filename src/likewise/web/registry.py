"""The model of a page; only models on this machine are loaded."""

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
    """The model of a page, stored in its session.

    Attributes:
        name: a catalogue name, a hub id, or a folder.
        compute: number format of the network.
    """

    name: str = DEFAULT
    compute: str = "auto"

    def request(self, kind: type[Q], *given: Any, **values: Any) -> Q:
        """A request of this class for this model."""
        return kind(*given, model=self.name, compute=cast(ComputeName, self.compute), **values)


class NotInstalledError(ModelNotFoundError):
    """A known model whose files are not on this machine.

    Attributes:
        name: the model.
        command: downloads it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.command = f"likewise download {name}"
        super().__init__(f"{name} is not on this machine", hint=self.command)


class NoFolderError(ModelNotFoundError):
    """Neither a folder on this machine nor a name of a model."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no model or folder {name!r}", hint="check the path or the name")


def local_models(memory_limit: int = MEMORY_LIMIT) -> ModelRegistry:
    """The loaded models, shared by all pages; it never downloads.

    `get` raises `NotInstalledError` for a model that is not on this machine, and `NoFolderError`
    for an unknown folder or name.

    Args:
        memory_limit: bytes of weights held in memory.
    """
    return ModelRegistry(memory_limit, _load_local)


def _load_local(model: str, compute: str, device: str) -> Encoder:
    _require_local(model)
    return load(model, compute=compute, device=device)


def _require_local(name: str) -> None:
    if find_local(name) is not None:
        return
    if find(name) is not None or (name.count("/") == 1 and not name.startswith((".", "~", "/"))):
        raise NotInstalledError(name)
    raise NoFolderError(name)
