"""The sources of a checkpoint's graph: built from its weights, or its ONNX file."""

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
    """One source of a checkpoint's graph.

    Attributes:
        build: builds the graph that returns one vector per text.
        build_tokens: builds the graph that returns one hidden state per token.
        recipe: prefix of the recipe of its vectors; empty for a built graph.
        longest: maximum row length if texts must not share rows; None if they may.
    """

    build: Callable[[], ov.Model]
    build_tokens: Callable[[], ov.Model]
    recipe: str = ""
    longest: int | None = None


def graph_sources(config: Config) -> tuple[GraphSource, ...]:
    """The possible sources, the best first; the first refuses an unknown architecture."""
    read = cache(read_weights)  # all graphs of a model share its weights
    built = GraphSource(
        partial(build, config, read=read), partial(build, config, pooled=False, read=read)
    )
    if path := onnx_file(config.folder):
        onnx = GraphSource(
            partial(build_onnx, config, path),
            partial(build_onnx, config, path, pooled=False),
            "onnx ",
            config.max_tokens,
        )
        return built, onnx
    return (built,)
