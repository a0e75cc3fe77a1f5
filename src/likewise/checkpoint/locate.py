"""A name to a folder of files: where a checkpoint is looked for, in which order."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from likewise.checkpoint import catalog, download
from likewise.checkpoint.weights import verify_sha256
from likewise.errors import ModelNotFoundError


@dataclass(frozen=True)
class Location:
    """A checkpoint on this machine.

    Attributes:
        folder: where its files lie.
        name: what people call it.
        source: `folder`, `models`, `bundled`, `cache` or `hub`.
        entry: its line in the catalogue, where it has one.
    """

    folder: Path
    name: str
    source: str
    entry: catalog.Entry | None = None


def locate(name: str | Path, *, revision: str | None = None) -> Location:
    """Find a checkpoint: a folder path; `models/`; the bundled package; the cache; the hub.

    Args:
        name: a catalogue name, a hub id, or a folder.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelNotFoundError: it is nowhere; the hint names the nearest names or the command to fetch.
        DamagedFileError: the bundled weights do not have their published hash.
        DownloadError: the hub has it, and fetching failed.
    """
    found = find_local(name, revision=revision)
    if found:
        return found
    text = str(name)
    entry = catalog.find(text)
    if entry is None and (_looks_like_path(text) or text.count("/") != 1):
        raise ModelNotFoundError(f"no model or folder {text!r}", hint=_names_hint(text))
    hub_id = entry.hub_id if entry else text
    folder = download.fetch(hub_id, revision=revision)
    return Location(folder, entry.name if entry else text, "hub", entry)


def find_local(name: str | Path, *, revision: str | None = None) -> Location | None:
    """The same, on this machine alone; None where it is not here.

    Raises:
        DamagedFileError: the bundled weights do not have their published hash.
    """
    text = str(name)
    entry = catalog.find(text)
    title = entry.name if entry else text
    if _looks_like_path(text) or (entry is None and Path(text).is_dir()):
        folder = Path(text).expanduser()
        return Location(folder, folder.resolve().name, "folder") if folder.is_dir() else None
    for candidate in (title, entry.hub_id if entry else text):
        if (folder := Path("models") / candidate).joinpath("config.json").exists():
            return Location(folder, title, "models", entry)
    if revision is None and entry and (bundled := _bundled(entry)):
        return Location(bundled, title, "bundled", entry)
    if cached := download.cached(entry.hub_id if entry else text, revision=revision):
        return Location(cached, title, "cache", entry)
    return None


def _looks_like_path(text: str) -> bool:
    return text.startswith((".", "/", "~", "\\")) or Path(text).is_absolute()


def _bundled(entry: catalog.Entry) -> Path | None:
    """The files that a Python package carries, found without importing it, weights verified."""
    if entry.package is None:
        return None
    spec = importlib.util.find_spec(entry.package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / entry.package_folder
    if entry.weights_sha256:
        verify_sha256(folder / "model.safetensors", entry.weights_sha256)
    return folder


def _names_hint(text: str) -> str:
    near = catalog.nearest(text)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "likewise models lists the names; a folder or a hub id (owner/name) works too"
