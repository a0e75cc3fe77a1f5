"""`likewise mine`."""

from __future__ import annotations

import json
from dataclasses import asdict

from likewise.cli.derive import command
from likewise.cli.printing import note, say, say_table
from likewise.operations.mine import MineRequest, MineResult
from likewise.operations.mine import mine as operation


@command(MineRequest, operation)
def mine(result: MineResult, _: MineRequest) -> None:
    """Find hard negatives: texts near a query that do not answer it.

    A candidate is a negative if it is clearly less similar to the query than the best positive:
    by 5% of its similarity (--relative-margin). What is nearer is often an unmarked positive. The
    rows with query, pos and neg are what likewise train reads.

    \b
    Example:
      likewise mine pairs.jsonl -o mined.jsonl
      likewise mine pairs.jsonl --from help --first-rank 10 --last-rank 50 -o mined.jsonl
      likewise mine pairs.jsonl --rerank cross-encoder/ms-marco-MiniLM-L6-v2 -o mined.jsonl
      likewise train all-MiniLM-L6-v2 --data mined.jsonl --output tuned
    """
    if result.output is None:
        for row in result.mined.rows:
            say(json.dumps(asdict(row), ensure_ascii=False))
        return
    found = result.mined.report
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in found.left_out.items())
    negative = "-" if found.negative_score is None else f"{found.negative_score:.3f}"
    say_table(
        ["what", "value"],
        [
            ["queries", f"{found.queries:,}"],
            ["candidates", f"{found.candidates:,} texts, by {result.model}"],
            ["negatives", f"{found.negatives:,}, {found.negatives / found.queries:.1f} a query"],
            ["mean score", f"positives {found.positive_score:.3f}, negatives {negative}"],
            ["left out", left_out],
            ["written", result.output],
        ],
    )
    for example in found.examples:
        say("")
        say(f"{_short(example.query)}")
        say(f"    + {example.positive_score:.3f}  {_short(example.positive)}")
        say(f"    - {example.negative_score:.3f}  {_short(example.negative)}")
        if example.left_out:
            say(f"    ? {example.left_out_score:.3f}  {_short(example.left_out)}")
    if any(example.left_out for example in found.examples):
        note("+ positive, - negative, ? left out as too similar")


def _short(text: str, characters: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
