"""Training: quality on held-out halves, speed and memory, against sentence-transformers' trainer.

Every training is a process of its own, so that one does not warm up or fill the memory of another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.environments import ROOT
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError, read, write
from benchmarks.tables import Table

QUESTION = "What does training gain on one's own data, what does it lose, and how fast is it?"

SEEDS = (0, 1, 2)
QUALITY = ("medquad", "banking77")
SPEED = ("sentences 256", "sentences 1024", "long 32")
ENGINES = ("likewise", "sentence-transformers")
HARMFUL = ("shuffled labels", "learning rate 1e-2")
SECTIONS = ("mix", "harmful", "speed", "medquad", "banking77")
"""Measured in this order; the result file is written after each of them."""


def run(options: Options) -> Result:
    """Every section, or those of `--only`; `--rounds` are the seeds. Others stay as they were."""
    before = read("training")
    rows: dict[str, Any] = dict(before.rows) if before else {}
    versions = dict(before.versions) if before else {}
    measured: list[str] = []
    result = before
    for section in [name for name in SECTIONS if name in (options.only or SECTIONS)]:
        rows[section] = measure(section, options, rows.get(section, {}))
        measured.append(section)
        versions |= _versions()
        earlier = [name for name in rows if name not in measured]
        notes = [f"{', '.join(earlier)} (measured in an earlier run)"] if earlier else []
        command = replace(options, only=tuple(measured)).command("training")
        result = Result("training", command, rows, versions, notes)
        write(result)
    if result is None:
        raise UnavailableError(f"--only names no section of training: {', '.join(SECTIONS)}")
    return result


def measure(section: str, options: Options, before: Mapping[str, Any]) -> dict[str, Any]:
    """One section; `before` are its rows of an earlier run."""
    if section == "speed":
        return {case: _speed(case, options) for case in SPEED}
    if section in QUALITY:
        return _quality(section, options, before)
    if section == "harmful":
        return {case: _job("harmful", case, 0, options.data) for case in HARMFUL}
    return _job("mix", "four files", 0, options.data)


def _speed(case: str, options: Options) -> dict[str, Any]:
    """Both engines by turns."""
    found: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    for seed in range(options.rounds or 3):
        for engine in ENGINES:
            found[engine].append(_job("speed", f"{engine} {case}", seed, options.data))
            print(case, engine, found[engine][-1], file=sys.stderr)
    ratios = [
        ours["pairs_per_cpu_second"] / theirs["pairs_per_cpu_second"]
        for ours, theirs in zip(*found.values(), strict=True)
    ]
    return {**found, "ratios": [round(ratio, 3) for ratio in ratios]}


def _quality(task: str, options: Options, before: Mapping[str, Any]) -> dict[str, Any]:
    # the scores of an untouched model are the same in every run
    untouched = before.get("untouched") or _job("quality", f"untouched {task}", 0, options.data)
    rows: dict[str, Any] = {"untouched": untouched}
    for engine in ENGINES:
        rows[engine] = []
        for seed in SEEDS[: options.rounds]:
            rows[engine].append(_job("quality", f"{engine} {task}", seed, options.data))
            print(task, engine, rows[engine][-1], file=sys.stderr)
    return rows


def _job(job: str, case: str, seed: int, data: Path) -> dict[str, Any]:
    """Run a job of `benchmarks.training_jobs` in a process."""
    with tempfile.TemporaryDirectory(prefix="likewise-training-") as folder:
        command = [sys.executable, "-m", "benchmarks.training_jobs", job, case, str(seed)]
        finished = subprocess.run(
            [*command, str(data), folder], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
        )
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("likewise", "sentence-transformers", "torch")}


def tables(result: Result) -> list[Table]:
    """One table for each section that was measured."""
    rows = result.rows
    found = [_quality_table(task, rows[task]) for task in QUALITY if task in rows]
    if "speed" in rows:
        found.append(_speed_table(rows["speed"]))
    if "harmful" in rows:
        found.append(
            Table(
                title="Recipes that do harm",
                head=("recipe", "written", "reason"),
                rows=tuple(
                    (case, "yes" if row["written"] else "no", "; ".join(row["reasons"]))
                    for case, row in rows["harmful"].items()
                ),
            )
        )
    if "mix" in rows:
        found.append(
            Table(
                title="Four files with weights: shares of the drawn examples",
                head=("file", "by weight", "drawn"),
                rows=tuple(
                    (name, f"{row['weight']:.2%}", f"{row['drawn']:.2%}")
                    for name, row in rows["mix"].items()
                ),
            )
        )
    return found


def _quality_table(task: str, rows: Mapping[str, Any]) -> Table:
    names = list(rows["untouched"]["scores"])
    lines = [("untouched", *(f"{rows['untouched']['scores'][n]:.2f}" for n in names), "–", "–")]
    for engine in ENGINES:
        runs = rows.get(engine, [])
        if runs:
            scores = (_spread([run["scores"][name] for run in runs]) for name in names)
            steps = _range([run["steps"] for run in runs])
            lines.append((engine, *scores, _spread([run["seconds"] for run in runs], 0), steps))
    seeds = len(rows[ENGINES[0]])
    counted = f"{seeds} seeds: mean ± standard deviation" if seeds > 1 else "1 seed"
    return Table(
        title=f"{task}, {counted}",
        head=("model", *names, "seconds", "steps"),
        rows=tuple(lines),
    )


def _spread(values: Sequence[float], digits: int = 2) -> str:
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread}"


def _range(values: Sequence[int]) -> str:
    return f"{min(values)}–{max(values)}" if len(set(values)) > 1 else str(values[0])


def _speed_table(rows: Mapping[str, Any]) -> Table:
    return Table(
        title="Pairs per second of processor time on one thread, and peak memory in MiB",
        head=("data, batch", "likewise", "sentence-transformers", "ratio", "MiB", "MiB of theirs"),
        rows=tuple(
            (
                case,
                *(f"{mean(r['pairs_per_cpu_second'] for r in row[e]):.1f}" for e in ENGINES),
                f"{mean(row['ratios']):.2f}×",
                *(f"{mean(r['mebibytes'] for r in row[e]):,.0f}" for e in ENGINES),
            )
            for case, row in rows.items()
        ),
    )
