"""A task of mteb by its name, with data from a hub on loopback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

import likewise
from likewise.data.table import read_table
from tests.loopback_hub import serve

DATA = "datasets/mteb/stsbenchmark-sts"


def test_the_data_of_a_task_are_downloaded(
    tmp_path: Path, model_folder: Path, encoder: likewise.Encoder
) -> None:
    mteb = pytest.importorskip("mteb")
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    columns = read_table(Path(__file__).parent / "gate" / "sentences.tsv").columns
    ratings = [float(score) for score in columns["score"]]
    rated = {"score": ratings} | {n: list(columns[n]) for n in ("sentence1", "sentence2")}
    content = io.BytesIO()
    parquet.write_table(pa.table(rated), content)
    revision = mteb.get_task("STSBenchmark").metadata.dataset["revision"]
    command = "evaluate", str(model_folder), "--tasks", "STSBenchmark", "--compute", "float32"
    with serve() as hub:
        files = {"README.md": b"", "data/test-00000-of-00001.parquet": content.getvalue()}
        commit = hub.add(DATA, files)
        hub.models[DATA].branches[revision] = commit
        settings = {
            "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0",
        }  # fmt: skip
        run = subprocess.run(
            [sys.executable, "-m", "likewise", *command, "--json"],
            env=os.environ | settings, capture_output=True, timeout=300, check=False,
            encoding="utf-8", cwd=tmp_path,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert hub.asked("data/test-00000-of-00001.parquet")
    first, second = (encoder.encode(rated[name]) for name in ("sentence1", "sentence2"))
    expected = spearmanr(np.sum(first * second, axis=1), ratings).statistic
    assert f": {100 * expected:.2f} (" in run.stderr
    assert json.loads(run.stdout)
