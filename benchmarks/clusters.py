"""Agreement of clusters with labels that the methods did not see."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.clusterers import CLUSTERERS
from benchmarks.environments import ROOT, environment, variables
from benchmarks.figures import spread
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table

QUESTION = "Do clusters agree with labels that the methods did not see?"
ROUNDS = 3
"""Seeds of each clusterer."""


def run(options: Options) -> Result:
    """Run each clusterer on 20,000 Stack Overflow titles of 20 tags, on the same vectors."""
    from likewise import load

    file = options.data / "stackoverflow_titles" / "all.tsv"
    if not file.exists():
        raise UnavailableError("clusters needs stackoverflow_titles/all.tsv")
    with file.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts, truth = [row["text"] for row in table], [row["label"] for row in table]
    rows: dict[str, Any] = {}
    versions: dict[str, str] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "texts.json").write_text(json.dumps(texts), "utf-8")
        np.save(folder / "vectors.npy", load().encode(texts))
        for name, clusterer in CLUSTERERS.items():
            place = environment(clusterer.environment)
            if not place.ready:
                notes.append(f"{name} (set up with --peers)")
                continue
            rows[name] = {"texts": len(texts), "rounds": []}
            for seed in range(options.rounds or ROUNDS):
                command = [str(place.python), "-m", "benchmarks.clusterers", name, made, str(seed)]
                subprocess.run(command, check=True, cwd=ROOT, env=variables(), stdout=sys.stderr)
                found = json.loads((folder / "found.json").read_text("utf-8"))
                versions[clusterer.package] = found.pop("version")
                rows[name]["rounds"].append(score(truth, found.pop("labels")) | found)
                print(name, rows[name]["rounds"][-1], file=sys.stderr)
    return Result("clusters", options.command("clusters"), rows, versions, notes)


def score(truth: list[str], labels: list[int]) -> dict[str, float]:
    """Agreement of clusters with labels; unclustered texts count as one cluster."""
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    return {
        "v": float(v_measure_score(truth, labels)),
        "ari": float(adjusted_rand_score(truth, labels)),
        "clusters": len(set(labels) - {-1}),
        "unclustered": labels.count(-1) / len(labels),
    }


def tables(result: Result) -> list[Table]:
    """Agreement and cost of each clusterer, best first."""
    rows = result.rows
    texts = next(iter(rows.values()))["texts"]
    head = (
        "clusterer", "V-measure", "adjusted Rand index", "clusters", "unclustered",
        "seconds beyond encoding",
    )  # fmt: skip
    order = sorted(rows, key=lambda name: -median(r["v"] for r in rows[name]["rounds"]))
    title = (
        f"{texts:,} titles of 20 tags, clustered on the same vectors (median of the seeds, range)"
    )
    return [Table(title, head, tuple(_row(name, rows[name]["rounds"]) for name in order))]


def _row(name: str, rounds: list[dict[str, float]]) -> tuple[str, ...]:
    def shown(figure: str, form: str) -> str:
        found = asdict(spread([one[figure] for one in rounds]))
        middle, low, high = (format(found[key], form) for key in ("median", "low", "high"))
        return middle if low == high else f"{middle} ({low}–{high})"

    return (
        name,
        shown("v", ".3f"),
        shown("ari", ".3f"),
        shown("clusters", ".0f"),
        shown("unclustered", ".1%"),
        shown("seconds", ".1f"),
    )
