"""Choice of the runtime of a checkpoint."""

from __future__ import annotations

import logging

from likewise.checkpoint.config import STATIC, Config
from likewise.engine.contract import Runtime
from likewise.engine.native import NativeRuntime
from likewise.engine.static import StaticRuntime
from likewise.engine.torch import TorchRuntime
from likewise.errors import InputError, MissingExtraError, UnsupportedModelError
from likewise.tokenization.tokenizer import Tokenizer

COMPUTES = ("auto", "float32", "bfloat16", "float16", "int8")
DEVICES = ("auto", "cpu", "cuda", "mps")
RUNTIMES = ("auto", "native", "openvino", "torch")
_log = logging.getLogger("likewise")


def load_runtime(
    config: Config, tokenizer: Tokenizer, *, compute: str, device: str, runtime: str = "auto"
) -> Runtime:
    """The runtime of a checkpoint.

    On the CPU: the native kernels if they support the processor and the architecture; else
    OpenVINO, with a built graph or the checkpoint's ONNX graph; else torch. On other devices:
    torch. The runtime's `reason` gives the choice and its cause; loading a model logs it.

    Args:
        config: the checkpoint.
        tokenizer: its tokenizer.
        compute: one of `COMPUTES`; float16 is for torch alone, int8 not for torch.
        device: one of `DEVICES`, or one of several such as `cuda:1`; `auto` is the CPU.
        runtime: one of `RUNTIMES`; `auto` is the first that can.

    Raises:
        InputError: an unknown compute, device or runtime, or some that do not go together.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: no runtime can run it, or the requested one cannot.
        MissingExtraError: torch or NNCF is needed and not installed.
    """
    _check("compute", compute, COMPUTES)
    _check("device", device.split(":", maxsplit=1)[0], DEVICES)
    _check("runtime", runtime, RUNTIMES)
    on_cpu = device in ("auto", "cpu")
    if not on_cpu and runtime not in ("auto", "torch"):
        raise InputError(f"{runtime} does not run on {device}", hint="torch does")
    if config.model_type == STATIC:
        return StaticRuntime(config)
    if not on_cpu or runtime == "torch":
        return TorchRuntime(config, pad_id=tokenizer.pad_id, compute=compute, device=device)
    return _on_cpu(config, tokenizer, compute, runtime)


def _on_cpu(config: Config, tokenizer: Tokenizer, compute: str, runtime: str) -> Runtime:
    """The first runtime that supports it; its reason contains the refusals of the others."""
    refused = []
    if runtime in ("auto", "native"):
        try:
            return NativeRuntime(config, compute)
        except UnsupportedModelError as refusal:
            if runtime == "native":
                raise
            refused.append(f"instead of native kernels ({refusal.message})")
    from likewise.engine.openvino.load import load_graph_runtime  # takes .1 s to import

    try:
        found = load_graph_runtime(config, tokenizer, compute)
    except UnsupportedModelError as refusal:
        if runtime == "openvino":
            raise
        found = _with_torch(config, tokenizer, compute, refusal)
        refused.append(f"instead of OpenVINO ({refusal.message})")
        _log.warning("torch runs %s, which is slower: %s", config.folder, refusal.message)
    found.reason = "; ".join([found.reason, *refused])
    return found


def _check(parameter: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"unknown {parameter} {value!r}", hint="one of " + ", ".join(choices))


def _with_torch(
    config: Config, tokenizer: Tokenizer, compute: str, refusal: UnsupportedModelError
) -> Runtime:
    if compute == "int8":
        raise InputError(
            f"int8 needs a built graph or an ONNX graph: {refusal.message}",
            hint="load it with compute='auto', or put the checkpoint's onnx/model.onnx into its "
            "folder",
        )
    try:
        return TorchRuntime(config, pad_id=tokenizer.pad_id, compute=compute, device="cpu")
    except MissingExtraError as missing:
        raise UnsupportedModelError(
            f"{refusal.message}, there is no onnx/model.onnx, and torch is not installed",
            hint="use a supported architecture, put the checkpoint's onnx/model.onnx into its "
            f"folder, or use torch: {missing.hint}",
        ) from missing
