"""Quality of number formats on MTEB tasks, compared with float32."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.contenders import CONTENDERS
from benchmarks.options import Options
from benchmarks.processes import ContenderError, Process, record_versions
from benchmarks.results import Result, read
from benchmarks.tables import Table
from likewise.evaluation.discover import find_tasks

QUESTION = "What do bfloat16 and int8 cost in quality?"
FLOAT32 = "likewise float32"
COMPARED = ("likewise auto", "likewise int8", "sentence-transformers OpenVINO int8")
TASKS: Mapping[str, str] = MappingProxyType(
    {
        "STSBenchmark": "stsbenchmark",
        "STS12": "sts12",
        "SICK-R": "sick_r",
        "SciFact": "scifact",
        "Banking77": "banking77",
    }
)
"""Folder of the data by task: Spearman of the cosine for STS, nDCG@10 for SciFact, and accuracy by
MTEB's protocol for Banking77."""


def run(options: Options) -> Result:
    """Main score of each task, times 100. Rows of other contenders are preserved."""
    before = read("quality")
    rows = dict(before.rows) if before else {}
    versions = dict(before.versions) if before else {}
    notes: list[str] = []
    tasks = {name: find_tasks(options.data / folder)[0] for name, folder in TASKS.items()}
    compared = [c for c in CONTENDERS if c.name in (FLOAT32, *COMPARED)]
    for contender in options.chosen(compared):
        rows.pop(contender.name, None)
        try:
            with Process(contender) as process:
                record_versions(versions, contender, process.ask("load")["versions"])
                rows[contender.name] = {
                    name: 100 * task.run(process).score for name, task in tasks.items()
                }
        except ContenderError as error:
            notes.append(str(error))
            continue
        print(contender.name, rows[contender.name], file=sys.stderr)
    return Result("quality", options.command("quality"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """Scores, and their differences to float32."""
    base = result.rows.get(FLOAT32, {})  # which may not have been measured yet
    return [
        Table(
            title="Main scores × 100 (difference to float32)",
            head=("contender", *TASKS),
            rows=tuple(
                (name, *(_cell(result.rows[name][task], base.get(task)) for task in TASKS))
                for name in (FLOAT32, *COMPARED)
                if name in result.rows
            ),
        )
    ]


def _cell(score: float, base: float | None) -> str:
    shown = f"{score:.2f}"
    return shown if base is None or score == base else f"{shown} ({score - base:+.2f})"
