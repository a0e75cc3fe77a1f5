"""Where the graph of a checkpoint comes from: built here, or its own ONNX file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import onnx_file, read_weights
from likewise.engine.openvino.bindings import ov
from likewise.engine.openvino.graph import build
from likewise.engine.openvino.onnx import build_onnx


@dataclass(frozen=True)
class GraphSource:
    """One way to a checkpoint's graph.

    Attributes:
        build: makes the graph that gives one vector a text.
        build_tokens: makes the graph that gives one state a token.
        recipe: what is put before the recipe of its vectors; empty for a graph built here.
        longest: where texts must not share rows, the longest row; None where they may.
    """

    build: Callable[[], ov.Model]
    build_tokens: Callable[[], ov.Model]
    recipe: str = ""
    longest: int | None = None


def graph_sources(config: Config) -> tuple[GraphSource, ...]:
    """The ways there may be, the best first; the first refuses a family that is not known here."""
    read = cache(read_weights)  # all graphs of a model share its weights
    ours = GraphSource(
        partial(build, config, read=read), partial(build, config, pooled=False, read=read)
    )
    if path := onnx_file(config.folder):
        theirs = GraphSource(
            partial(build_onnx, config, path),
            partial(build_onnx, config, path, pooled=False),
            "onnx ",
            config.max_tokens,
        )
        return ours, theirs
    return (ours,)
