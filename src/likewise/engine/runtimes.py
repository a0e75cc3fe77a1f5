"""Which runtime runs a checkpoint."""

from __future__ import annotations

from functools import partial

from likewise.checkpoint.config import STATIC, Config
from likewise.checkpoint.tokenizer import Tokenizer
from likewise.engine.contract import Runtime
from likewise.engine.openvino import OpenVinoRuntime, read_graph, supports_bfloat16
from likewise.engine.pairs import build_pairs
from likewise.engine.quantize import RECIPE, quantized
from likewise.engine.sources import Source, sources
from likewise.engine.static import StaticRuntime
from likewise.engine.torch import TorchRuntime
from likewise.errors import InputError, MissingExtraError, UnsupportedModelError

COMPUTES = ("auto", "float32", "bfloat16", "float16", "int8")
DEVICES = ("auto", "cpu", "cuda", "mps")


def load_runtime(config: Config, tokenizer: Tokenizer, *, compute: str, device: str) -> Runtime:
    """The runtime of a checkpoint.

    On the CPU a graph of our own runs it, where a file in `architectures` knows its family; else
    its own ONNX graph; else torch. On any other device torch does.

    Args:
        config: the checkpoint.
        tokenizer: its tokenizer.
        compute: one of `COMPUTES`; float16 is for torch alone, int8 not for torch.
        device: one of `DEVICES`, or one of several such as `cuda:1`; `auto` is the CPU.

    Raises:
        InputError: an unknown compute or device, or two that do not go together.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: no runtime can run it.
        MissingExtraError: torch or NNCF is asked for and not installed.
    """
    if compute not in COMPUTES:
        raise InputError(f"unknown compute {compute!r}", hint="one of " + ", ".join(COMPUTES))
    if device.split(":", maxsplit=1)[0] not in DEVICES:
        raise InputError(f"unknown device {device!r}", hint="one of " + ", ".join(DEVICES))
    if config.model_type == STATIC:
        return StaticRuntime(config)
    if device not in ("auto", "cpu"):
        return TorchRuntime(config, pad_id=tokenizer.pad_id, compute=compute, device=device)
    ours, *theirs = sources(config)
    try:
        if compute == "int8":
            return _int8(config, tokenizer)
        return _on_cpu(ours, tokenizer, compute)
    except UnsupportedModelError as refusal:
        if theirs and compute != "int8":
            return _on_cpu(theirs[0], tokenizer, compute)
        return _with_torch(config, tokenizer, compute, refusal)


def load_pair_runtime(config: Config, *, pad_id: int, compute: str) -> Runtime:
    """The runtime of a cross-encoder: a score a pair, `[n, 1]`; on the CPU.

    Raises:
        InputError: an unknown compute, or one that is not for cross-encoders.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: it is no cross-encoder, or of an unknown family.
    """
    known = ("auto", "float32", "bfloat16")
    if compute not in known:
        raise InputError(
            f"no compute {compute!r} for cross-encoders", hint="one of " + ", ".join(known)
        )
    compute = _on_openvino(compute)
    graph = partial(build_pairs, config)
    return OpenVinoRuntime(graph, graph, compute=compute, recipe=compute, pad_id=pad_id)


def _on_cpu(source: Source, tokenizer: Tokenizer, compute: str) -> Runtime:
    compute = _on_openvino(compute)
    return OpenVinoRuntime(
        source.build,
        source.build_tokens,
        compute=compute,
        recipe=f"{source.recipe}{compute}",
        pad_id=tokenizer.pad_id,
        longest=source.longest,
    )


def _int8(config: Config, tokenizer: Tokenizer) -> Runtime:
    graph = quantized(config, tokenizer)
    return OpenVinoRuntime(
        partial(read_graph, graph.path),
        graph.source.build_tokens,
        compute="int8",
        recipe=f"{graph.source.recipe}int8 {RECIPE}",
        pad_id=tokenizer.pad_id,
        longest=graph.source.longest,
        file=graph.path,
    )


def _with_torch(
    config: Config, tokenizer: Tokenizer, compute: str, refusal: UnsupportedModelError
) -> Runtime:
    if compute == "int8":
        raise InputError(
            f"int8 is made of graphs of our own and of ONNX graphs alone: {refusal.message}",
            hint="load it with compute='auto', or put the checkpoint's onnx/model.onnx into its "
            "folder",
        )
    try:
        return TorchRuntime(config, pad_id=tokenizer.pad_id, compute=compute, device="cpu")
    except MissingExtraError as missing:
        raise UnsupportedModelError(
            f"{refusal.message}, there is no onnx/model.onnx, and torch is not installed",
            hint="use a family that is known, put the checkpoint's onnx/model.onnx into its "
            f"folder, or let torch run it: {missing.hint}",
        ) from missing


def _on_openvino(compute: str) -> str:
    if compute == "float16":
        raise InputError("float16 is for GPUs", hint="use bfloat16 or float32 on the CPU")
    if compute == "auto":
        return "bfloat16" if supports_bfloat16() else "float32"
    return compute
