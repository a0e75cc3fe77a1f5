"""Export a model for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from likewise.export import export as write
from likewise.operations.contract import Field
from likewise.operations.session import Session

ExportFormat = Literal["safetensors", "openvino", "onnx"]


@dataclass(frozen=True)
class ExportRequest:
    """A model, and where and how to write it."""

    model: Annotated[
        str, Field("A catalogue name, a hub id, or a folder.", positional=True, metavar="MODEL")
    ]
    folder: Annotated[
        Path,
        Field("Must not exist yet.", positional=True, metavar="FOLDER", local=True, output=True),
    ]
    to: Annotated[ExportFormat, Field("Format of the weights that are added.")] = "safetensors"


@dataclass(frozen=True)
class ExportResult:
    """A checkpoint that was written.

    Attributes:
        folder: where.
        format: `safetensors`, `openvino` or `onnx`.
    """

    folder: Path
    format: ExportFormat

    def to_dict(self) -> dict[str, Any]:
        """`folder` and `format`."""
        return {"folder": str(self.folder), "format": self.format}


def export(request: ExportRequest, session: Session) -> ExportResult:
    """Write a model into a new folder.

    Raises:
        InputError: the folder holds something.
        CheckpointError: the model cannot be used, or has no network of that format.
        MissingExtraError: onnx needs torch.
        OutputError: the folder cannot be written.
    """
    made = write(request.model, request.to, request.folder, progress=session.progress)
    return ExportResult(made, request.to)
