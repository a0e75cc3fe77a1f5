"""List the models of this machine and of the catalogue, add one, and remove one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.checkpoint.inventory import Installed, add, inventory, remove
from likewise.hub.catalog import CATALOG, Entry
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class ModelsRequest:
    """All models are listed; there is nothing to choose."""


@dataclass(frozen=True)
class ModelsResult:
    """The models that a name finds.

    Attributes:
        installed: those on this machine, in the order in which names are looked up.
        available: those of the catalogue that are not on this machine.
    """

    installed: tuple[Installed, ...]
    available: tuple[Entry, ...]

    def to_dict(self) -> dict[str, Any]:
        """`models`, a list with one object for each model.

        Each has `name`, `dimension`, `max_tokens`, `licence`, `source` and `folder`; the last two
        are null where the model is not on this machine. Models of the catalogue also have
        `hub_id`, `parameters` (millions), `languages`, `prompts`, `scores` and `scores_source`;
        those on this machine `commit`, `size` (bytes) and `problem`.
        """
        rows = [_installed_facts(found) for found in self.installed]
        return {"models": rows + [_catalog_facts(entry) for entry in self.available]}


def models(_request: ModelsRequest, _session: Session) -> ModelsResult:
    """List the models on this machine, and those of the catalogue that are not."""
    installed = inventory()
    known = {found.entry for found in installed}
    return ModelsResult(installed, tuple(entry for entry in CATALOG if entry not in known))


@dataclass(frozen=True)
class ModelsAddRequest:
    """A checkpoint to add under a name."""

    folder: Annotated[
        Path,
        Field("Folder of the model, such as one that was trained.", positional=True, local=True),
    ]
    name: Annotated[str, Field("The name that finds it from then on.", positional=True)]


@dataclass(frozen=True)
class ModelsAddResult:
    """A model that was added.

    Attributes:
        model: it, as it is listed.
    """

    model: Installed

    def to_dict(self) -> dict[str, Any]:
        """What `models` lists of a model on this machine."""
        return _installed_facts(self.model)


def models_add(request: ModelsAddRequest, session: Session) -> ModelsAddResult:
    """Copy a checkpoint to where its name finds it from any working folder.

    Raises:
        InputError: the name cannot be used, or is taken.
        CheckpointError: the folder has no checkpoint that can be used.
        OutputError: it cannot be copied.
    """
    session.models.forget(request.name)
    return ModelsAddResult(add(request.folder, request.name))


@dataclass(frozen=True)
class ModelsRemoveRequest:
    """A model to delete from the cache, or one that was added."""

    model: Annotated[
        str, Field("The name of the model.", positional=True, metavar="NAME", local=True)
    ]


@dataclass(frozen=True)
class ModelsRemoveResult:
    """A model that was deleted.

    Attributes:
        name: its name.
        folder: where its files were.
        freed: bytes.
    """

    name: str
    folder: Path
    freed: int

    def to_dict(self) -> dict[str, Any]:
        """`name`, `folder` and `freed` (bytes)."""
        return {"name": self.name, "folder": str(self.folder), "freed": self.freed}


def models_rm(request: ModelsRemoveRequest, session: Session) -> ModelsRemoveResult:
    """Delete a model that was added under a name, or one of the cache with all its commits.

    Raises:
        ModelNotFoundError: it is neither.
        OutputError: its files cannot be deleted.
    """
    removed = remove(request.model)
    session.models.forget(removed.name)
    return ModelsRemoveResult(removed.name, removed.folder, removed.freed)


def _installed_facts(found: Installed) -> dict[str, Any]:
    known = _catalog_facts(found.entry) if found.entry else {}
    return known | {
        "name": found.name,
        "dimension": found.dimension,
        "max_tokens": found.max_tokens,
        "licence": found.licence,
        "source": found.source,
        "folder": str(found.folder),
        "commit": found.commit,
        "size": found.size,
        "problem": found.problem,
    }


def _catalog_facts(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "hub_id": entry.hub_id,
        "dimension": entry.dimension,
        "max_tokens": entry.max_tokens,
        "parameters": entry.parameters,
        "languages": entry.languages,
        "licence": entry.licence,
        "prompts": dict(entry.prompts),
        "scores": dict(entry.scores.values) if entry.scores else {},
        "scores_source": entry.scores.source if entry.scores else None,
        "source": None,
        "folder": None,
    }
