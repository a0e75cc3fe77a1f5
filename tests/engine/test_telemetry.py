"""No request leaves the machine: OpenVINO's own reports are not sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, sys
os.fork = lambda: sys.exit("a process was started, to report")
import likewise
likewise.load(sys.argv[1], runtime="openvino").encode("x")
assert sys.modules.get("openvino_telemetry") is None
print("quiet")
"""


def test_loading_a_model_reports_nothing(model_folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(model_folder)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.stdout == "quiet\n", run.stderr
