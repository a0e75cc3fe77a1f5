"""Throughput on sentences of every length."""

from __future__ import annotations

from benchmarks import texts, throughput
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table

QUESTION = "How many sentences a second, and are they the same vectors?"
COUNT = 4000


def run(options: Options) -> Result:
    """Encode the first 4,000 sentences: seconds for each round, and cosine to float32."""
    return throughput.measure("sentences", texts.sentences(options.data, COUNT), options)


def tables(result: Result) -> list[Table]:
    """A row for each contender, fastest first."""
    return [throughput.table("Sentences", result.rows)]
