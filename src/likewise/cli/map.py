"""`likewise map`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.operations.project import ProjectRequest, ProjectResult, project


@command(ProjectRequest, project)
def map_(_: ProjectResult, __: ProjectRequest) -> None:
    """Draw the texts of files as a map on which similar texts are near each other.

    The page is one file that opens offline, with search, a lasso and topics by name. A .parquet
    opens in embedding-atlas, with the command that is printed.

    \b
    Example:
      likewise map questions.csv -o map.html
      likewise map reviews.parquet --column body --color stars -o map.html
    """
