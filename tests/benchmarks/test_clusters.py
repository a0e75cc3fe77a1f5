"""How groupers are judged, and that the project's own is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clusters import judge, tables
from benchmarks.environments import ROOT, environment, variables
from benchmarks.groupers import GROUPERS
from benchmarks.results import Result


def test_judged_by_labels() -> None:
    perfect = judge(["a", "a", "b", "b"], [5, 5, 2, 2])
    assert perfect == {"v": 1.0, "ari": 1.0, "clusters": 2, "unclustered": 0.0}
    none = judge(["a", "a", "b", "b"], [-1, -1, -1, -1])
    assert (none["v"], none["ari"], none["clusters"], none["unclustered"]) == (0, 0, 0, 1)


def test_table() -> None:
    good = {"v": 0.75, "ari": 0.5, "clusters": 16, "unclustered": 0.1, "seconds": 2.0}
    rows = {
        "poor": {"texts": 9, "rounds": [good | {"v": 0.1}]},
        "good": {"texts": 9, "rounds": [good, good | {"v": 0.7}, good | {"v": 0.8}]},
    }
    (table,) = tables(Result("clusters", "", rows, {}))
    assert table.rows[0] == ("good", "0.750 (0.700–0.800)", "0.500", "16", "10.0%", "2.0")
    assert table.rows[1][0] == "poor"


def test_groupers_have_a_home() -> None:
    for grouper in GROUPERS.values():
        assert environment(grouper.environment)


@pytest.mark.parametrize("name", ["likewise", "k-means, told there are 20"])
def test_a_grouper_runs(tmp_path: Path, name: str) -> None:
    chance = np.random.default_rng(0)
    centres = np.linalg.qr(chance.normal(size=(32, 20)))[0].T.repeat(10, axis=0)
    vectors = (centres + chance.normal(scale=0.05, size=centres.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(tmp_path / "vectors.npy", vectors)
    (tmp_path / "texts.json").write_text(json.dumps([f"text {i}" for i in range(200)]))
    command = [sys.executable, "-m", "benchmarks.groupers", name, str(tmp_path), "0"]
    subprocess.run(command, check=True, cwd=ROOT, env=variables())
    found = json.loads((tmp_path / "found.json").read_text())
    assert judge([str(i // 10) for i in range(200)], found["labels"])["v"] > 0.95
    assert found["seconds"] > 0
