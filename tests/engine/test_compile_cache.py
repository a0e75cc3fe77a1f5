"""Cached compiled graphs: the same vectors; compiled again if damaged or of another graph."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as opset

from likewise.engine.openvino.compile_cache import compile_cached

SETTINGS = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1", "INFERENCE_PRECISION_HINT": "f32"}


def save(path: Path, factor: float) -> None:
    x = opset.parameter([-1, 4], np.float32, name="x")
    table = np.full((4, 4), factor, dtype=np.float32)
    ov.save_model(ov.Model([opset.matmul(x, table, False, False)], [x], "m"), path, False)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "model.xml"
    save(path, 2.0)
    return path


def run(compiled: ov.CompiledModel) -> float:
    return float(compiled(np.ones((1, 4), dtype=np.float32))[0][0, 0])


def cached_files(graph: Path) -> list[Path]:
    return sorted(graph.parent.glob("*.compiled"))


def test_kept_once_and_read_again(graph: Path) -> None:
    assert run(compile_cached(graph, SETTINGS)) == 8.0
    (file,) = cached_files(graph)
    before = file.stat().st_mtime_ns
    assert run(compile_cached(graph, SETTINGS | {"NUM_STREAMS": "2"})) == 8.0
    assert [f.stat().st_mtime_ns for f in cached_files(graph)] == [before]


def test_other_settings_have_their_own(graph: Path) -> None:
    compile_cached(graph, SETTINGS)
    compile_cached(graph, SETTINGS | {"INFERENCE_PRECISION_HINT": "dynamic"})
    assert len(cached_files(graph)) == 2


@pytest.mark.parametrize("content", [b"", b"nothing compiled", None])
def test_damaged_ones_are_made_anew(graph: Path, content: bytes | None) -> None:
    compile_cached(graph, SETTINGS)
    (file,) = cached_files(graph)
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)
    assert run(compile_cached(graph, SETTINGS)) == 8.0
    (file,) = cached_files(graph)
    assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(file.stem.split("-")[1])


def test_another_graph_in_its_place(graph: Path) -> None:
    compile_cached(graph, SETTINGS)
    save(graph, 3.0)
    assert run(compile_cached(graph, SETTINGS)) == 12.0


def test_a_folder_that_cannot_be_written_is_no_error(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.atomic.secrets.token_hex", lambda _: "/no/such/folder/")
    assert run(compile_cached(graph, SETTINGS)) == 8.0
    assert cached_files(graph) == []
