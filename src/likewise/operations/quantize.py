"""Make the int8 graph of a model before its first use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.checkpoint.config import read_config
from likewise.hub.catalog import DEFAULT
from likewise.hub.download import bytes_progress
from likewise.hub.locate import locate
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.tokenization.tokenizer import read_tokenizer


@dataclass(frozen=True)
class QuantizeRequest:
    """The model to quantize."""

    model: Annotated[
        str, Field("A catalogue name, a hub id or a folder.", positional=True, metavar="MODEL")
    ] = DEFAULT
    again: Annotated[bool, Field("Make the graph again even if it is in the cache.")] = False


@dataclass(frozen=True)
class QuantizeResult:
    """An int8 graph in the cache.

    Attributes:
        name: name of the model.
        path: the OpenVINO IR; its weights are beside it.
        bytes: size on disk.
        made: whether this call made it; else it was found.
        seconds: how long that took.
    """

    name: str
    path: Path
    bytes: int
    made: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """`name`, `path`, `bytes`, `made` and `seconds`."""
        return {
            "name": self.name,
            "path": str(self.path),
            "bytes": self.bytes,
            "made": self.made,
            "seconds": round(self.seconds, 3),
        }


def quantize(request: QuantizeRequest, session: Session) -> QuantizeResult:
    """Make the int8 graph of a model, or find it in the cache.

    Raises:
        CheckpointError: the model cannot be used, or has no graph.
        MissingExtraError: NNCF is not installed.
        EngineError: the graph's vectors are too far from those of float32.
        OutputError: the cache cannot be written.
    """
    from likewise.engine.openvino.quantize import quantized  # imports OpenVINO

    location = locate(request.model, progress=bytes_progress(session.progress))
    config = read_config(location.folder)
    tokenizer = read_tokenizer(config)
    graph = quantized(config, tokenizer, again=request.again, progress=session.progress)
    result = QuantizeResult(location.name, graph.path, graph.size, graph.made, graph.seconds)
    how = "made" if result.made else "found in the cache; --again makes it again"
    session.message(
        "quantized" if result.made else "quantized_before",
        f"{how} ({result.bytes / 2**20:.0f} MiB, {result.seconds:.1f} s)",
        bytes=result.bytes, seconds=result.seconds,
    )  # fmt: skip
    return result
