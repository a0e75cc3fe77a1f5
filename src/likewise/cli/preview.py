"""`likewise preview`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say_table
from likewise.operations.preview import PreviewRequest, PreviewResult
from likewise.operations.preview import preview as operation
from likewise.wording import counted

WIDTH = 100
"""Characters of a text that are shown."""


@command(PreviewRequest, operation)
def preview(result: PreviewResult, _: PreviewRequest) -> None:
    """Show how files would be read: the first texts, the columns, the encoding, and bad rows.

    \b
    Example:
      likewise preview questions.csv
    """
    rows = [[str(each.line), each.text[:WIDTH], each.title] for each in result.records]
    say_table(["line", "text", "title"], rows)
    if result.column is not None:
        note(f"texts are from column {result.column!r} of {', '.join(result.columns)}")
    for file, encoding in result.encodings.items():
        note(f"{file}: {encoding.label}{' (guessed)' if encoding.guessed else ''}")
    if result.skipped:
        note(f"{counted(len(result.skipped), 'row')} cannot be read:")
    for row in result.skipped[:5]:
        note(f"  {row.source}, {row.line}: {row.reason}")
