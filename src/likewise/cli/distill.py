"""`likewise distill`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.distill import DistillRequest, DistillResult
from likewise.operations.distill import distill as operation
from likewise.training.distillation.settings import kept


@command(DistillRequest, operation, resumable=True)
def distill(result: DistillResult, _: DistillRequest) -> None:
    """Make a smaller, faster model of a larger one, and measure both.

    --static gives a table of token vectors. --layers, --hidden-size and --dimension give a smaller
    network that learns the vectors of your texts; no labels are needed. --student teaches an
    encoder with the scores of a cross-encoder, on pairs with negatives (likewise mine).

    \b
    Example:
      likewise distill all-MiniLM-L6-v2 --static --texts texts.txt -o static
      likewise distill all-MiniLM-L6-v2 --layers 3 --texts texts.txt -o small --max-minutes 5
      likewise distill cross-encoder/ms-marco-MiniLM-L6-v2 --student all-MiniLM-L6-v2 \\
        --texts mined.jsonl -o taught
    """
    report = result.report
    say_table(
        ["task", "metric", "items", "teacher", "student", "kept"],
        [
            [
                change.task,
                change.metric,
                str(change.items),
                f"{change.before:.1f}",
                f"{change.after:.1f}",
                f"{kept(change):.1%}",
            ]
            for change in report.changes
        ],
    )
    say("")
    say(
        f"{report.speed_after / report.speed_before:.1f} times as fast "
        f"({report.speed_before:,.0f} and {report.speed_after:,.0f} sentences per second), "
        f"{report.megabytes_before:.1f} MB and {report.megabytes_after:.1f} MB, "
        f"{report.dimension} dimensions"
    )
    say(f"wrote {report.output} (fingerprint {report.fingerprint})")
