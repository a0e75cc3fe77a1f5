"""`likewise check-data`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.check_data import CheckDataRequest, CheckDataResult
from likewise.operations.check_data import check_data as operation
from likewise.wording import counted


@command(CheckDataRequest, operation)
def check_data(result: CheckDataResult, _: CheckDataRequest) -> None:
    """Look at training data before anything is trained.

    Shows what the rows of each file are, its share of the examples and its lengths in tokens, and
    what likewise train would report before its first step: texts that the held-out part has too,
    rows that repeat others, pairs of two equal texts, texts that are too long, labels in doubt.

    \b
    Example:
      likewise check-data all-MiniLM-L6-v2 --data pairs.jsonl
      likewise check-data all-MiniLM-L6-v2 -d faq.csv=3 -d forum.jsonl.gz=1
    """
    found = result.check
    say_table(
        ["file", "rows", "share", "tokens (95%)", "read", "columns"],
        [
            [file.name, f"{file.rows:,}", f"{file.share:.1%}",
             f"{file.median_tokens} ({file.long_tokens})", str(file.max_tokens), file.layout]
            for file in found.files
        ],
    )  # fmt: skip
    say("")
    held = f"; {counted(found.held_out, 'row')} held out to measure" if found.held_out else ""
    say(f"{counted(found.steps, 'step')} use each example once{held}")
    for finding in found.findings:
        say(f"- {finding.text}")
    if not found.findings:
        say("nothing to report")
