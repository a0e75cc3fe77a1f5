"""`likewise evaluate`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.evaluate import EvaluateRequest, EvaluateResult
from likewise.operations.evaluate import evaluate as operation


@command(EvaluateRequest, operation)
def evaluate(result: EvaluateResult, _: EvaluateRequest) -> None:
    """Score models on tasks: files of your own, BEIR folders, or mteb's by name.

    \b
    Example:
      likewise evaluate all-MiniLM-L6-v2 --tasks stsbenchmark --tasks scifact --compute float32
      likewise evaluate all-MiniLM-L6-v2 --tasks pairs.csv --baseline results.json --max-drop 0.3
    """
    rows = [
        [m.name, m.compute, t.task, t.type, t.main, f"{t.score:.2f}"]
        for m in result.evaluation.models
        for t in m.tasks
    ]
    say_table(["model", "compute", "task", "type", "metric", "score"], rows)
