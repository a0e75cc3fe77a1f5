"""Scores of clusterings, and runs of two clusterers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clusterers import CLUSTERERS
from benchmarks.clusters import score, tables
from benchmarks.environments import ROOT, environment, variables
from benchmarks.results import Result


def test_score_compares_with_labels() -> None:
    perfect = score(["a", "a", "b", "b"], [5, 5, 2, 2])
    assert perfect == {"v": 1.0, "ari": 1.0, "clusters": 2, "unclustered": 0.0}
    none = score(["a", "a", "b", "b"], [-1, -1, -1, -1])
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


def test_clusterers_have_an_environment() -> None:
    for clusterer in CLUSTERERS.values():
        assert environment(clusterer.environment)


@pytest.mark.parametrize("name", ["likewise", "k-means, k = 20"])
def test_clusterer_runs(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    centroids = np.linalg.qr(rng.normal(size=(32, 20)))[0].T.repeat(10, axis=0)
    vectors = (centroids + rng.normal(scale=0.05, size=centroids.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(tmp_path / "vectors.npy", vectors)
    (tmp_path / "texts.json").write_text(json.dumps([f"text {i}" for i in range(200)]))
    command = [sys.executable, "-m", "benchmarks.clusterers", name, str(tmp_path), "0"]
    subprocess.run(command, check=True, cwd=ROOT, env=variables())
    found = json.loads((tmp_path / "found.json").read_text())
    assert score([str(i // 10) for i in range(200)], found["labels"])["v"] > 0.95
    assert found["seconds"] > 0
