"""Download a model to this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.hub.download import bytes_progress
from likewise.hub.locate import LocationKind, locate
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class DownloadRequest:
    """A model to download."""

    model: Annotated[str, Field("A catalogue name or a hub id.", positional=True, metavar="MODEL")]
    revision: Annotated[str | None, Field("Branch, tag or commit on the hub.")] = None
    weights: Annotated[
        str | None,
        Field("Weights to download: safetensors, pytorch or onnx.", flag="--format"),
    ] = None


@dataclass(frozen=True)
class DownloadResult:
    """A model on this machine.

    Attributes:
        name: what it is loaded by.
        folder: where its files are.
        source: `hub` if it was downloaded just now; else where it was found.
        commit: the commit on the hub that the files are of, if that is known.
    """

    name: str
    folder: Path
    source: LocationKind
    commit: str | None

    def to_dict(self) -> dict[str, Any]:
        """`name`, `folder`, `source` and `commit`."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "source": self.source,
            "commit": self.commit,
        }


def download(request: DownloadRequest, session: Session) -> DownloadResult:
    """Download what a model needs; a model that is on this machine is only located.

    Raises:
        ModelNotFoundError: there is no such model or revision.
        DamagedFileError: the weights do not have their published hash.
        DownloadError: the hub has it, and the download failed.
    """
    location = locate(
        request.model,
        revision=request.revision,
        weights=request.weights,
        progress=bytes_progress(session.progress),
    )
    if location.source != "hub":
        session.message(
            "installed", f"{location.name} is on this machine already", name=location.name
        )
    if location.commit:
        session.message("commit", f"commit {location.commit}", commit=location.commit)
    return DownloadResult(location.name, location.folder, location.source, location.commit)
