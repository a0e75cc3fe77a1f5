"""Which runtime runs a checkpoint."""

from __future__ import annotations

from functools import partial

from likewise.checkpoint.config import Config
from likewise.checkpoint.tokenizer import Tokenizer
from likewise.engine.contract import Runtime
from likewise.engine.graph import build
from likewise.engine.openvino import OpenVinoRuntime, read_graph, supports_bfloat16
from likewise.engine.quantize import RECIPE, quantized
from likewise.errors import InputError

COMPUTES = ("auto", "float32", "bfloat16", "int8")
DEVICES = ("auto", "cpu")


def load_runtime(config: Config, tokenizer: Tokenizer, *, compute: str, device: str) -> Runtime:
    """Compile a checkpoint.

    Raises:
        InputError: an unknown compute or device.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: no runtime can run it.
        MissingExtraError: int8 is asked for, was never made here, and NNCF is not installed.
    """
    if compute not in COMPUTES:
        raise InputError(f"unknown compute {compute!r}", hint="one of " + ", ".join(COMPUTES))
    if device not in DEVICES:
        raise InputError(f"unknown device {device!r}", hint="one of " + ", ".join(DEVICES))
    if compute == "auto":
        compute = "bfloat16" if supports_bfloat16() else "float32"
    if compute == "int8":
        graph = partial(read_graph, quantized(config, tokenizer).path)
    else:
        graph = partial(build, config)
    return OpenVinoRuntime(
        graph,
        partial(build, config, pooled=False),
        compute=compute,
        recipe=f"int8 {RECIPE}" if compute == "int8" else compute,
        pad_id=tokenizer.pad_id,
    )
