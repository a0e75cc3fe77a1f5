"""`likewise index`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.hit_format import index_quality
from likewise.cli.printing import note, say
from likewise.data.records import Skipped
from likewise.operations.index import IndexRequest, IndexResult
from likewise.operations.index import index as operation
from likewise.wording import counted

SHOWN = 10
"""Rows that cannot be read are named one by one, up to this many."""


@command(IndexRequest, operation, resumable=True)
def index(result: IndexResult, _: IndexRequest) -> None:
    """Index the texts of files into a collection that can be searched.

    Run it again when the files have changed: only what is new or changed is encoded, and what was
    deleted from the files is removed. If interrupted, the same command continues.

    \b
    Example:
      likewise index articles.jsonl notes/ --into help
      likewise search help "How do I get a refund?"
    """
    indexed = result.indexed
    moved = f" ({indexed.moved:,} of them on another line)" if indexed.moved else ""
    records = indexed.records
    say(
        f"{result.collection}: {indexed.added:,} added, {indexed.removed:,} removed, "
        f"{indexed.unchanged:,} unchanged{moved}; now {indexed.chunks:,} chunks"
        + (f" of {counted(records, 'record')}" if records != indexed.chunks else "")
    )
    rate = indexed.added / max(indexed.encoding_seconds, 1e-9)
    speed = f", {rate:,.0f} chunks/s" if indexed.added else ""
    say(f"{indexed.seconds:.1f} s{speed}; index {index_quality(indexed.index)}")
    _note_skipped(result.skipped)


def _note_skipped(skipped: tuple[Skipped, ...]) -> None:
    for row in skipped[:SHOWN]:
        where = f"{row.source}, {row.line}" if row.line else row.source
        note(f"left out: {where}: {row.reason}")
    if len(skipped) > SHOWN:
        note(f"left out: {len(skipped) - SHOWN:,} more (--json names them all)")
