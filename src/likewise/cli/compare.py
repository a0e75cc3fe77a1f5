"""`likewise compare`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.compare import CompareRequest, CompareResult
from likewise.operations.compare import compare as operation


@command(CompareRequest, operation)
def compare(result: CompareResult, _: CompareRequest) -> None:
    """Find the model, number format and vector size that suit your data.

    \b
    Example:
      likewise compare all-MiniLM-L6-v2 gte-small --on questions.csv
    """
    found = result.comparison
    rows = [
        [
            r.candidate.label,
            f"{100 * r.quality.value:.2f}",
            f"{100 * r.quality.low:.1f}–{100 * r.quality.high:.1f}",
            f"{r.cost.texts_per_second:,.0f}",
            f"{r.cost.start_seconds:.1f} s",
            f"{r.cost.memory_mb:,.0f} MB",
            str(r.candidate.vector_bytes),
        ]
        for r in found.results
    ]
    header = ["model", found.metric, "95% interval", "texts/s", "start", "memory", "bytes"]
    say_table(header, rows)
    say(f"use {found.choice.label}: {found.reason}")
