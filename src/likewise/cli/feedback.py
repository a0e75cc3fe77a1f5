"""`likewise feedback`."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from likewise.cli.derive import command
from likewise.cli.printing import note, say, say_table
from likewise.operations.collection import RemovedResult
from likewise.operations.feedback import (
    FeedbackAddRequest,
    FeedbackExportRequest,
    FeedbackExportResult,
    FeedbackListRequest,
    FeedbackRemoveRequest,
    FeedbackResult,
    feedback_add,
    feedback_export,
    feedback_list,
    feedback_remove,
)
from likewise.wording import counted

feedback_app = typer.Typer(
    name="feedback", add_completion=False, no_args_is_help=True, rich_markup_mode=None
)


@feedback_app.callback()
def feedback() -> None:
    """Correct searches: store better and wrong hits, and export them to train a model.

    \b
    Example:
      likewise feedback add help "money back" --better 0d84423ece803575 --wrong 15028ac9d271c852
      likewise feedback export help -o corrections.jsonl
    """


@feedback_app.command("add")
@command(FeedbackAddRequest, feedback_add)
def add(result: FeedbackResult, _: FeedbackAddRequest) -> None:
    """Say which hits of a query are better or wrong; a search shows the id of each hit.

    \b
    Example:
      likewise feedback add help "money back" --better 0d84423ece803575 --wrong 15028ac9d271c852
    """
    say(f"{result.collection}: {counted(len(result.corrections), 'correction')} stored")


@feedback_app.command("list")
@command(FeedbackListRequest, feedback_list)
def list_(result: FeedbackResult, _: FeedbackListRequest) -> None:
    """List the corrections of a collection, oldest first.

    \b
    Example:
      likewise feedback list help
    """
    if not result.corrections:
        note(f"no corrections of {result.collection}")
        note(f"hint: likewise feedback add {result.collection} QUERY --better ID")
        return
    say_table(
        ["id", "query", "verdict", "hit", "text"],
        [
            [each.id, each.query, each.verdict, each.hit, _short(each.text)]
            for each in result.corrections
        ],
    )


@feedback_app.command("remove")
@command(FeedbackRemoveRequest, feedback_remove)
def remove(result: RemovedResult, _: FeedbackRemoveRequest) -> None:
    """Remove corrections by their ids.

    \b
    Example:
      likewise feedback remove help 5f2a90c1d4e7b836
    """
    say(f"{result.collection}: {counted(result.removed, 'correction')} removed")


@feedback_app.command("export")
@command(FeedbackExportRequest, feedback_export)
def export(result: FeedbackExportResult, _: FeedbackExportRequest) -> None:
    """Export corrections as training examples: rows with query, pos and neg.

    \b
    Example:
      likewise feedback export help -o corrections.jsonl
      likewise train all-MiniLM-L6-v2 --data corrections.jsonl --output tuned
    """
    if result.output is None:
        for row in result.rows:
            say(json.dumps(asdict(row), ensure_ascii=False))
        return
    rows = counted(len(result.rows), "row")
    say(f"{rows} with {sum(len(row.neg) for row in result.rows):,} wrong texts in {result.output}")


def _short(text: str, characters: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
