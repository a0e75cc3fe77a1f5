"""OpenVINO's bindings, without the converter of other formats that comes with them.

Nothing here needs it, and with the telemetry that it loads it takes longer to import than all of
OpenVINO's rest (some 50 ms). It comes when somebody asks for `openvino.convert_model`. So every
room takes `ov` and `opset` from here.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

CONVERTER = "openvino.tools.ovc"


def import_openvino() -> None:
    """Import OpenVINO as where its converter is not installed, which it allows for."""
    if "openvino" in sys.modules or CONVERTER in sys.modules:
        return
    sys.modules[CONVERTER] = None  # type: ignore[assignment]  # importing it fails from here on
    try:
        openvino = importlib.import_module("openvino")
    except ImportError:  # a release that cannot do without
        return
    finally:
        del sys.modules[CONVERTER]
    if not hasattr(openvino, "convert_model"):
        openvino.__getattr__ = _converter  # type: ignore[method-assign]


def _converter(name: str) -> Any:
    if name != "convert_model":
        raise AttributeError(f"module 'openvino' has no attribute {name!r}")
    return importlib.import_module(CONVERTER).convert_model


import_openvino()

import openvino as ov  # noqa: E402
from openvino import opset13 as opset  # noqa: E402

__all__ = ["import_openvino", "opset", "ov"]
