"""Throughput on documents, truncated at 256 tokens."""

from __future__ import annotations

from benchmarks import texts, throughput
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table

QUESTION = "How many documents of 256 tokens a second, and are they the same vectors?"
COUNT = 300


def run(options: Options) -> Result:
    """The first 300 documents; seconds for each round, and cosine to float32."""
    return throughput.measure("documents", texts.documents(options.data, COUNT), options)


def tables(result: Result) -> list[Table]:
    """Contenders, fastest first."""
    return [throughput.table("Documents", result.rows)]
