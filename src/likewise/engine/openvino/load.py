"""OpenVINO runtimes: for built graphs, for a checkpoint's ONNX graph, and for cross-encoders."""

from __future__ import annotations

from functools import partial

from likewise.checkpoint.config import Config
from likewise.engine.contract import Runtime
from likewise.engine.openvino.cross_encoder_graph import build_pairs
from likewise.engine.openvino.quantize import RECIPE, quantized
from likewise.engine.openvino.runtime import OpenVinoRuntime, read_graph
from likewise.engine.openvino.sources import GraphSource, graph_sources
from likewise.engine.openvino.timing import formats
from likewise.errors import InputError, UnsupportedModelError
from likewise.tokenization.tokenizer import Tokenizer


def load_graph_runtime(config: Config, tokenizer: Tokenizer, compute: str) -> Runtime:
    """The OpenVINO runtime of a checkpoint: from a built graph, or from its ONNX graph.

    Args:
        config: the checkpoint.
        tokenizer: its tokenizer.
        compute: `auto`, `float32`, `bfloat16` or `int8`.

    Raises:
        InputError: float16, which is for GPUs only.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: there is no graph for it.
        MissingExtraError: int8 is requested and NNCF is not installed.
    """
    if compute == "float16":
        raise InputError("float16 is for GPUs", hint="use bfloat16 or float32 on the CPU")
    built, *onnx = graph_sources(config)
    if compute == "int8":
        return _int8(config, tokenizer)
    try:
        return _on_cpu(built, tokenizer, compute)
    except UnsupportedModelError:
        if not onnx:
            raise
        return _on_cpu(onnx[0], tokenizer, compute)


def load_pair_runtime(config: Config, *, pad_id: int, compute: str) -> Runtime:
    """The CPU runtime of a cross-encoder: one score per pair, `[n, 1]`.

    Raises:
        InputError: an unknown compute, or one that is not for cross-encoders.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: it is not a cross-encoder, or its architecture is unknown.
    """
    known = ("auto", "float32", "bfloat16")
    if compute not in known:
        raise InputError(
            f"no compute {compute!r} for cross-encoders", hint="one of " + ", ".join(known)
        )
    graph, chosen = partial(build_pairs, config), formats(compute)
    return OpenVinoRuntime(graph, graph, formats=chosen, recipe=chosen.network, pad_id=pad_id)


def _on_cpu(source: GraphSource, tokenizer: Tokenizer, compute: str) -> Runtime:
    chosen = formats(compute)
    return OpenVinoRuntime(
        source.build,
        source.build_tokens,
        formats=chosen,
        recipe=f"{source.recipe}{chosen.network}",
        pad_id=tokenizer.pad_id,
        longest=source.longest,
    )


def _int8(config: Config, tokenizer: Tokenizer) -> Runtime:
    graph, chosen = quantized(config, tokenizer), formats("int8")
    suffix = " float32 activations" if chosen.unquantized == "float32" else ""
    return OpenVinoRuntime(
        partial(read_graph, graph.path),
        graph.source.build_tokens,
        formats=chosen,
        recipe=f"{graph.source.recipe}int8 {RECIPE}{suffix}",
        pad_id=tokenizer.pad_id,
        longest=graph.source.longest,
        file=graph.path,
    )
