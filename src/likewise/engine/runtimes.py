"""Which runtime runs a checkpoint."""

from __future__ import annotations

from functools import partial

from likewise.checkpoint.config import Config
from likewise.engine.contract import Runtime
from likewise.engine.graph import build
from likewise.engine.openvino import OpenVinoRuntime, supports_bfloat16
from likewise.errors import InputError

COMPUTES = ("auto", "float32", "bfloat16")
DEVICES = ("auto", "cpu")


def load_runtime(config: Config, *, pad_id: int, compute: str, device: str) -> Runtime:
    """Compile a checkpoint.

    Raises:
        InputError: an unknown compute or device.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
        UnsupportedModelError: no runtime can run it.
    """
    if compute not in COMPUTES:
        raise InputError(f"unknown compute {compute!r}", hint="one of " + ", ".join(COMPUTES))
    if device not in DEVICES:
        raise InputError(f"unknown device {device!r}", hint="one of " + ", ".join(DEVICES))
    if compute == "auto":
        compute = "bfloat16" if supports_bfloat16() else "float32"
    return OpenVinoRuntime(
        partial(build, config),
        partial(build, config, pooled=False),
        compute=compute,
        pad_id=pad_id,
    )
