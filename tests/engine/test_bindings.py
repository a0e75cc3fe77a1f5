"""OpenVINO is imported without its converter, and provides it when it is imported."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_converter_and_no_telemetry() -> None:
    code = (
        "import sys, likewise.engine.openvino.bindings; "
        "print([m for m in sys.modules if m.startswith(('openvino_telemetry', 'openvino.tools'))])"
    )
    assert run(code) == "[]"


def test_it_is_available_on_import() -> None:
    code = (
        "import likewise.engine.openvino.bindings, openvino; from openvino import convert_model; "
        "print(openvino.convert_model.__module__, hasattr(openvino, 'nothing_of_this_name'))"
    )
    assert run(code) == "openvino.tools.ovc.convert False"


def test_what_is_imported_already_stays_as_it_is() -> None:
    code = (
        "import openvino; old = openvino.convert_model; "
        "import likewise.engine.openvino.bindings; print(old is openvino.convert_model)"
    )
    assert run(code) == "True"
