"""`likewise search`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.hit_format import say_hits
from likewise.operations.search import SearchRequest, SearchResult
from likewise.operations.search import search as operation


@command(SearchRequest, operation)
def search(result: SearchResult, _: SearchRequest) -> None:
    """Find the chunks of a collection that answer a query.

    \b
    Example:
      likewise search help "How do I get a refund?" -k 5
      likewise search papers "heart attack" --mode hybrid --where "year > 2020"
      likewise search help "refnud" --mode keyword --by-document --explain
      likewise search help --batch questions.txt -o answers.jsonl
    """
    say_hits(result.hits)
