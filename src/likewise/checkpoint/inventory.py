"""The checkpoints on this machine, with their properties and sizes."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likewise.checkpoint.config import Config, Dense, read_config
from likewise.errors import (
    CheckpointError,
    DamagedFileError,
    InputError,
    ModelNotFoundError,
    OutputError,
)
from likewise.hub import catalog, file_selection
from likewise.hub.cache import Repository, repositories
from likewise.hub.client import Hub
from likewise.hub.locate import (
    LocationKind,
    added_models,
    bundled_folder,
    find_local,
    is_checkpoint,
    model_folders,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LICENCE = re.compile(r"^license:\s*[\"']?([\w.+-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Installed:
    """One checkpoint on this machine.

    Attributes:
        name: the name to load it by.
        source: `models`, `bundled` or `cache`.
        folder: folder of its files.
        size: bytes on disk; for a cached model, of all commits and incomplete files.
        dimension: number of dimensions of its vectors, if known.
        max_tokens: maximum number of tokens of a text, if known.
        licence: from the catalogue or its model card.
        commit: on the hub, if known.
        entry: its entry in the catalogue, if it has one.
        problem: the reason why it cannot be used; None if it can.
    """

    name: str
    source: LocationKind
    folder: Path
    size: int
    dimension: int | None
    max_tokens: int | None
    licence: str | None
    commit: str | None
    entry: catalog.Entry | None
    problem: str | None


@dataclass(frozen=True)
class RemovedModel:
    """A model that was removed.

    Attributes:
        name: its name.
        folder: its former folder.
        freed: number of bytes freed.
    """

    name: str
    folder: Path
    freed: int


def inventory(hub: Hub | None = None) -> tuple[Installed, ...]:
    """All checkpoints, in the order in which names are looked up."""
    return (*_in_models(), *_bundled(), *_cached(hub or Hub.from_environment()))


def in_cache(name: str, hub: Hub | None = None) -> Installed:
    """The cached checkpoint with a name, complete or not.

    Raises:
        ModelNotFoundError: it is not in the cache; the hint names other places where it is.
    """
    entry = catalog.find(name)
    hub_id = (entry.hub_id if entry else name).lower()
    hub = hub or Hub.from_environment()
    for repository in repositories(hub.cache):
        if repository.hub_id.lower() == hub_id:
            return _describe_cached(repository)
    hint = "likewise models lists the models on this machine"
    with suppress(CheckpointError):
        if found := find_local(name, hub=hub):
            hint = f"it is in {found.folder}, outside the cache; delete that folder yourself"
    raise ModelNotFoundError(f"{name} is not in the cache at {hub.cache}", hint=hint)


def add(folder: Path, name: str) -> Installed:
    """Copy a checkpoint to the models that are found by name from any working folder.

    Args:
        folder: of its files, such as the output of a training.
        name: its new name.

    Raises:
        InputError: the name cannot be used, or is taken.
        CheckpointError: the folder has no checkpoint that can be used.
        OutputError: it cannot be copied.
    """
    place = added_models()
    if place is None:
        raise InputError(
            "models have no default folder: this user has no home folder",
            hint="set LIKEWISE_MODELS to a folder that is yours",
        )
    if not _NAME.fullmatch(name):
        raise InputError(
            f"a model cannot be called {name!r}",
            hint="use letters, digits, dots, hyphens and underscores",
        )
    if catalog.find(name) or find_local(name):
        raise InputError(f"there is a model {name!r} already", hint="choose another name")
    read_config(folder)
    target, draft = place / name, place / f".{name}.{uuid.uuid4().hex[:8]}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder, draft)
        os.replace(draft, target)  # it is found when it is whole
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        reason = error.strerror or error
        raise OutputError(
            f"cannot copy the model to {target}: {reason}", hint="check the folder and the disk"
        ) from error
    return _described(name, "models", target, None)


def removable(name: str, hub: Hub | None = None) -> Installed:
    """The checkpoint that `remove` removes: one that was added under a name, or a cached one.

    Raises:
        ModelNotFoundError: there is none; the hint names other places where it is.
    """
    place = added_models()
    if place and _NAME.fullmatch(name) and is_checkpoint(place / name):
        return _described(name, "models", place / name, None)
    return in_cache(name, hub)


def remove(name: str, hub: Hub | None = None) -> RemovedModel:
    """Remove a model that was added under a name, or all commits of one in the cache.

    Raises:
        ModelNotFoundError: it is neither.
        OutputError: its files cannot be deleted.
    """
    hub = hub or Hub.from_environment()
    installed = removable(name, hub)
    if installed.source == "models":
        try:
            shutil.rmtree(installed.folder)
        except OSError as error:
            raise OutputError(
                f"{installed.folder} cannot be deleted: {error.strerror}", hint="delete it by hand"
            ) from error
        return RemovedModel(installed.name, installed.folder, installed.size)
    hub_id = installed.entry.hub_id if installed.entry else installed.name
    repository = next(r for r in repositories(hub.cache) if r.hub_id == hub_id)
    try:
        # first, so that a half-deleted model is not found after an interruption
        for part in ("refs", "snapshots"):
            if (repository.folder / part).exists():
                shutil.rmtree(repository.folder / part)
        shutil.rmtree(repository.folder)
    except OSError as error:
        raise OutputError(
            f"{repository.folder} cannot be deleted: {error.strerror}", hint="delete it by hand"
        ) from error
    shutil.rmtree(repository.locks, ignore_errors=True)
    return RemovedModel(installed.name, repository.folder, installed.size)


def size_on_disk(folder: Path) -> int:
    """Bytes of all files below a folder, without links and their targets."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def _in_models() -> Iterator[Installed]:
    seen: set[str] = set()
    for place in model_folders():
        folders = [*place.glob("[!.]*"), *place.glob("[!.]*/*")]
        for folder in sorted(f for f in folders if is_checkpoint(f)):
            name = folder.relative_to(place).as_posix()
            if name in seen or (name.count("/") == 1 and is_checkpoint(folder.parent)):
                continue  # found by name in the folder before, or a module of the model above it
            seen.add(name)
            entry = catalog.find(name)
            yield _described(entry.name if entry else name, "models", folder, entry)


def _bundled() -> Iterator[Installed]:
    for entry in catalog.CATALOG:
        problem = None
        try:
            folder = bundled_folder(entry)
        except DamagedFileError as error:
            folder, problem = Path(entry.package or ""), error.message
        if folder:
            yield _described(entry.name, "bundled", folder, entry, problem=problem)


def _cached(hub: Hub) -> Iterator[Installed]:
    for repository in repositories(hub.cache):
        found = _describe_cached(repository)
        is_model = found.entry or (found.folder / file_selection.MODULES).exists()
        if is_model or found.dimension is not None:
            yield found


def _describe_cached(repository: Repository) -> Installed:
    entry = catalog.find(repository.hub_id)
    name = entry.name if entry else repository.hub_id
    commit = repository.commit(None) or _latest(repository)
    folder = repository.snapshot(commit) if commit else repository.folder
    size = size_on_disk(repository.folder)
    problem = None
    try:
        missing = repository.missing(commit) if commit else ("every file",)
        if missing:
            problem = f"incomplete: {', '.join(missing[:3])} missing"
    except DamagedFileError as error:
        problem = error.message
    return _described(name, "cache", folder, entry, size=size, commit=commit, problem=problem)


def _latest(repository: Repository) -> str | None:
    snapshots = [p for p in (repository.folder / "snapshots").glob("*") if p.is_dir()]
    return max(snapshots, key=lambda p: p.stat().st_mtime).name if snapshots else None


def _described(
    name: str,
    source: LocationKind,
    folder: Path,
    entry: catalog.Entry | None,
    *,
    size: int | None = None,
    commit: str | None = None,
    problem: str | None = None,
) -> Installed:
    config: Config | None = None
    try:
        config = read_config(folder)
    except CheckpointError as error:
        problem = problem or error.message
    return Installed(
        name=name,
        source=source,
        folder=folder,
        size=size_on_disk(folder) if size is None else size,
        dimension=_dimension(config) if config else entry.dimension if entry else None,
        max_tokens=config.max_tokens if config else entry.max_tokens if entry else None,
        licence=entry.licence if entry else _licence(folder),
        commit=commit,
        entry=entry,
        problem=problem,
    )


def _dimension(config: Config) -> int | None:
    if config.truncate_dim:
        return config.truncate_dim
    for module in reversed(config.modules):
        if isinstance(module, Dense):
            return module.out_features
    hidden = config.network.get("hidden_size") or config.network.get("dim")
    return int(hidden) * len(config.pooling.modes) if hidden else None


def _licence(folder: Path) -> str | None:
    """The licence in the header of the model card."""
    with suppress(OSError, UnicodeDecodeError):
        head = (folder / file_selection.CARD).read_text("utf-8")[:20_000]
        if head.startswith("---") and (found := _LICENCE.search(head)):
            return found[1]
    return None
