"""Errors of OpenVINO, caused for real: what is left has no path of the machine it was built on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as opset

from likewise.engine.openvino.messages import without_source_paths
from likewise.engine.openvino.runtime import read_graph
from likewise.errors import EngineError


def compiled() -> ov.CompiledModel:
    x = opset.parameter([-1, 4], np.float32, name="x")
    table = np.ones((4, 4), np.float32)
    model = ov.Model([opset.matmul(x, table, False, False)], [x], "m")
    return ov.Core().compile_model(model, "CPU", {})


@pytest.mark.parametrize(
    ("provoke", "said"),
    [
        (lambda: compiled()(np.ones((1, 5), np.float32)), "incompatible|shape"),
        (lambda: ov.Core().compile_model(compiled().get_runtime_model(), "CPU", {"NOPE": "1"}),
         "NOPE"),
        (lambda: ov.Core().read_model("/no/such/graph.onnx"), "/no/such/graph.onnx"),
    ],
)  # fmt: skip
def test_real_errors(provoke: Callable[[], object], said: str) -> None:
    import re

    with pytest.raises(RuntimeError) as caught:
        provoke()
    assert re.search(r"\.cpp:\d+", str(caught.value))
    left = without_source_paths(str(caught.value))
    assert re.search(said, left), left
    assert not re.search(r"src/|\.cpp|\.h:\d|Exception from|failed at", left), left


def test_a_message_of_places_alone() -> None:
    assert without_source_paths("Exception from src/a/b.cpp:84:\n\n") == "no reason is given"
    assert without_source_paths("Check 'a > b' failed at src/a.cpp:1:\n") == "no reason is given"
    line = "Error: Exception from src/x/y.cpp:22: cannot load"
    assert without_source_paths(line) == "Error: cannot load"


def test_a_damaged_graph(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_text("<net")
    with pytest.raises(EngineError) as caught:
        read_graph(tmp_path / "model.xml")
    assert ".cpp" not in str(caught.value)
