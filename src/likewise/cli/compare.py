"""`likewise compare`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.compare import CompareRequest, CompareResult
from likewise.operations.compare import compare as operation


@command(CompareRequest, operation)
def compare(result: CompareResult, _: CompareRequest) -> None:
    """Find out which model, number format and vector size suits your own data.

    \b
    Example:
      likewise compare all-MiniLM-L6-v2 gte-small --on questions.csv
    """
    found = result.comparison
    rows = [
        [
            s.contestant.label,
            f"{100 * s.quality.value:.2f}",
            f"{100 * s.quality.low:.1f}–{100 * s.quality.high:.1f}",
            f"{s.cost.texts_per_second:,.0f}",
            f"{s.cost.start_seconds:.1f} s",
            f"{s.cost.memory_mb:,.0f} MB",
            str(s.contestant.vector_bytes),
        ]
        for s in found.standings
    ]
    header = ["model", found.metric, "interval", "texts/s", "start", "memory", "bytes"]
    say_table(header, rows)
    say(f"take {found.choice.label}: {found.reason}")
