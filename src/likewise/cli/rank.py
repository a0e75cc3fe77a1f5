"""`likewise rank`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.rank import RankRequest, RankResult
from likewise.operations.rank import rank as operation


@command(RankRequest, operation)
def rank(result: RankResult, request: RankRequest) -> None:
    """Find the texts of a file that are nearest to a query.

    The vectors of a large file are cached, so that the next query is answered at once.

    \b
    Example:
      likewise rank "How do I get a refund?" questions.csv --top-k 5
      likewise rank refund old.csv --encoding latin-1 --skip-bad
      cat lines.txt | likewise rank "A man is eating." - --json
    """
    if request.output:
        return
    cells = [[str(row.rank), f"{row.score:.4f}", str(row.line), row.text] for row in result.rows]
    say_table(["rank", "score", "line", "text"], cells)
