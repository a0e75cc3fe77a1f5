"""OpenVINO's bindings, without its model converter.

The converter is not needed here, and with the telemetry that it loads it takes longer to import
than the rest of OpenVINO (about 50 ms). It is imported on the first use of
`openvino.convert_model`. So every module imports `ov` and `opset` from here.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

CONVERTER = "openvino.tools.ovc"


def import_openvino() -> None:
    """Import OpenVINO as if its optional converter was not installed."""
    if "openvino" in sys.modules or CONVERTER in sys.modules:
        return
    sys.modules[CONVERTER] = None  # type: ignore[assignment]  # makes its import fail
    try:
        openvino = importlib.import_module("openvino")
    except ImportError:  # a release that requires the converter
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
