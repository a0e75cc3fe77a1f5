"""A model's name to the folder of its checkpoint."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from likewise.errors import DamagedFileError, ModelNotFoundError
from likewise.hub import catalog, download, file_selection
from likewise.hub.cache import COMMIT
from likewise.hub.client import Hub
from likewise.hub.download import DownloadProgress
from likewise.hub.verification import verify_sha256

LocationKind = Literal["folder", "models", "bundled", "cache", "hub"]

MODELS = Path("models")
"""The folder of the user's own models, relative to the working folder."""


def added_models() -> Path | None:
    """Where models are that were added under a name: `LIKEWISE_MODELS`, or the platform's folder.

    None where the user has no home folder.
    """
    if override := os.environ.get("LIKEWISE_MODELS"):
        return Path(override).expanduser()
    try:
        return platformdirs.user_data_path("likewise", appauthor=False) / "models"
    except RuntimeError:
        return None


def model_folders() -> tuple[Path, ...]:
    """The folders of the user's own models, in the order in which names are looked up."""
    added = added_models()
    return (MODELS,) if added is None else (MODELS, added)


@dataclass(frozen=True)
class Location:
    """A checkpoint on this machine.

    Attributes:
        folder: folder of its files.
        name: catalogue name, hub id, or name of the folder.
        source: `folder`, `models`, `bundled`, `cache` or `hub`.
        entry: its entry in the catalogue, if it has one.
    """

    folder: Path
    name: str
    source: LocationKind
    entry: catalog.Entry | None = None

    @property
    def reference(self) -> str:
        """A name or absolute path that finds it from any working folder."""
        return str(self.folder.resolve()) if self.source == "folder" else self.name

    @property
    def commit(self) -> str | None:
        """The commit of the files on the hub, if known."""
        return self.folder.name if COMMIT.fullmatch(self.folder.name) else None


def locate(
    name: str | Path,
    *,
    revision: str | None = None,
    weights: str | None = None,
    hub: Hub | None = None,
    progress: DownloadProgress | None = None,
) -> Location:
    """Find a checkpoint: a folder; the user's own models; the bundled package; the cache; the hub.

    Args:
        name: a catalogue name, a hub id, or a folder.
        revision: branch, tag or commit on the hub.
        weights: weight format to download from the hub: `safetensors`, `pytorch` or `onnx`. By
            default files on this machine are used, whatever their format.
        hub: the hub to download from; by default from the environment.
        progress: shows a download.

    Raises:
        ModelNotFoundError: it was not found; the hint gives similar names.
        DamagedFileError: the weights do not have their published hash.
        DownloadError: the download failed.
    """
    if weights is None and (found := find_local(name, revision=revision, hub=hub)):
        return found
    text = str(name)
    entry = catalog.find(text)
    if entry is None and (_looks_like_path(text) or text.count("/") != 1):
        raise ModelNotFoundError(f"no model or folder {text!r}", hint=_names_hint(text))
    hub_id = entry.hub_id if entry else text
    sha256 = entry.weights_sha256 if entry and revision is None else None
    folder = download.fetch(
        hub_id, revision=revision, weights=weights, sha256=sha256, hub=hub, progress=progress
    )
    return Location(folder, entry.name if entry else text, "hub", entry)


def find_local(
    name: str | Path, *, revision: str | None = None, hub: Hub | None = None
) -> Location | None:
    """Like `locate`, without the hub; None if the checkpoint is not here or incomplete.

    A revision is only looked up in the cache.

    Raises:
        DamagedFileError: the bundled weights do not have their published hash.
    """
    text = str(name)
    entry = catalog.find(text)
    title = entry.name if entry else text
    if _looks_like_path(text) or (entry is None and Path(text).is_dir()):
        folder = Path(text).expanduser()
        return Location(folder, folder.resolve().name, "folder") if folder.is_dir() else None
    hub_id = entry.hub_id if entry else text
    if revision is None:
        names = dict.fromkeys((title, hub_id, hub_id.rsplit("/", 1)[-1]))
        for folder in (place / each for place in model_folders() for each in names):
            if is_checkpoint(folder):
                return Location(folder, title, "models", entry)
        if entry and (bundled := bundled_folder(entry)):
            return Location(bundled, title, "bundled", entry)
    if cached := download.cached(hub_id, revision=revision, hub=hub):
        return Location(cached, title, "cache", entry)
    return None


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder has a `config.json` or `modules.json`."""
    return any((folder / name).is_file() for name in ("config.json", file_selection.MODULES))


def bundled_folder(entry: catalog.Entry) -> Path | None:
    """The folder of a checkpoint in a Python package; None if the package is not installed.

    The package is not imported. The hash of the weights is verified.

    Raises:
        DamagedFileError: the weights do not have their published hash, or are missing.
    """
    if entry.package is None:
        return None
    spec = importlib.util.find_spec(entry.package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / entry.package_folder
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise DamagedFileError(
            f"{weights} is missing", hint=f"install the package {entry.package} again"
        )
    if entry.weights_sha256:
        verify_sha256(weights, entry.weights_sha256)
    return folder


def _looks_like_path(text: str) -> bool:
    return text.startswith((".", "/", "~", "\\")) or Path(text).is_absolute()


def _names_hint(text: str) -> str:
    similar = () if _looks_like_path(text) else catalog.similar_names(text)
    if similar:
        return "did you mean " + " or ".join(similar) + "?"
    return "likewise models lists the names; a folder or a hub id (owner/name) works too"
