"""Which index a collection gets, and how far it has to look to find what an exact search finds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise.collections import lance_query
from likewise.collections.contract import Index
from likewise.collections.flat_search import blocks, nearest
from likewise.collections.lance_query import Question
from likewise.collections.schema import restored
from likewise.errors import InputError
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table

EXACT_BELOW = 20_000
"""Fewer chunks than this are compared one by one: nothing is gained by an index."""

TARGET = 0.97
"""Share of the ten nearest that a search has to find."""

MARGIN = 0.01
"""Asked for beyond the target, since the measured share is of a sample: about three times the
standard error over `QUERIES` searches."""

GROWTH = 2
"""An index is trained again when the number of chunks grew or shrank by this factor."""

REMEASURE_THRESHOLD = 0.05
"""Of its chunks, the share that may come or go before an index is measured again."""

NEIGHBOURS = 10
QUERIES = 200
"""Chunks that are searched for when an index is tuned, and as many out-of-sample queries."""

SPREAD = 2000
"""Chunks whose mean and covariance the out-of-sample queries have."""

TOGETHER = 25
"""Searches that are made at once; after each batch, search parameters may be given up."""

ROUNDING = 1e-5
"""Two similarities closer than this are the same, summed up in another order."""

DISTANCES: Mapping[str, str] = MappingProxyType(
    {"cosine": "cosine", "dot": "dot", "euclidean": "l2"}
)
"""The store's name for each similarity."""


@dataclass(frozen=True)
class IndexKind:
    """A kind of index.

    Attributes:
        config: name of its configuration in LanceDB.
        settings: parameters to search it with, the cheapest first.
        options: of its configuration.
    """

    config: str
    settings: tuple[Index, ...]
    options: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


_IVF = tuple(
    Index("ivf_rq", probes=probes, refine=refine)
    for probes, refine in ((16, 2), (32, 2), (64, 2), (128, 4), (512, 16))
)
_GRAPH = tuple(
    Index(probes=probes, ef=ef, refine=refine)
    for probes, ef, refine in (
        (1, 60, 2),
        (2, 100, 4),
        (8, 200, 4),
        (32, 400, 8),
        (64, 800, 32),
        (64, 1600, 100),
    )
)

KINDS: Mapping[str, IndexKind] = MappingProxyType(
    {
        # finer codes than LanceDB's own: far fewer candidates have to be read and compared in full;
        # partitions found from a quarter of the chunks it would take, which changes no recall
        "ivf_rq": IndexKind("IvfRq", _IVF, MappingProxyType({"num_bits": 4, "sample_rate": 64})),
        "hnsw_sq": IndexKind("HnswSq", tuple(replace(params, kind="hnsw_sq") for params in _GRAPH)),
        "hnsw_pq": IndexKind("HnswPq", tuple(replace(params, kind="hnsw_pq") for params in _GRAPH)),
    }
)


def choose(rows: int, kind: str, storage: str) -> str:
    """The kind of index for this number of rows: as requested, or by size.

    Raises:
        InputError: there is no such kind, or not for this storage.
    """
    if kind not in ("auto", "exact", *KINDS):
        raise InputError(
            f"unknown kind of index {kind!r}", hint="one of auto, exact, " + ", ".join(KINDS)
        )
    if storage == "int8" and kind in KINDS:
        raise InputError(
            f"vectors stored as int8 have no {kind} index",
            hint="store them as float16, or search them exactly",
        )
    if kind == "auto":
        return "exact" if rows < EXACT_BELOW or storage == "int8" else "ivf_rq"
    return "exact" if rows < 256 else kind  # an index is trained on at least this many


def build(table: Table, kind: str, measure: str, target: float = TARGET) -> Index:
    """Build an index, and find the cheapest search parameters that reach the target.

    Where none does, the index is dropped again and searches are exact.
    """
    rows = table.count_rows()
    if kind == "exact":
        drop(table)
        return Index(target=target, rows=rows)
    module: Any = require("lancedb.index", "store")
    made = KINDS[kind]
    config = getattr(module, made.config)(distance_type=DISTANCES[measure], **made.options)
    table.create_index("vector", config=config, replace=True)
    if tuned := tune(table, kind, measure, target):
        return tuned
    drop(table)
    return Index(target=target, rows=rows)


def tune(table: Table, kind: str, measure: str, target: float) -> Index | None:
    """The cheapest search parameters of an existing index; None where none reach the target."""
    rows = table.count_rows()
    asked = samples(table, measure)
    *cheaper, last = KINDS[kind].settings
    goal = min(target + MARGIN, 1.0)
    candidates = (measured(table, params, asked, measure, least=goal) for params in cheaper)
    found = next((params for params in candidates if params.recall >= goal), None)
    found = found or measured(table, last, asked, measure)
    if found.recall < target:
        return None
    return replace(
        found,
        target=target,
        rows=rows,
        sample=sum(len(group.queries) for group in asked),
        milliseconds=milliseconds(table, found, asked, measure),
    )


@dataclass(frozen=True)
class Sample:
    """Queries whose answers are known.

    Attributes:
        queries: float32 `[q, d]`.
        farthest: similarity of each query's tenth nearest, float32 `[q]`.
        own: how many of the ten are the query itself: 1 for chunks, 0 for out-of-sample queries.
    """

    queries: NDArray[np.float32]
    farthest: NDArray[np.float32]
    own: int


def samples(table: Table, measure: str) -> tuple[Sample, Sample]:
    """Out-of-sample queries, and chunks of the collection, with what an exact search finds."""
    chunks = sample_vectors(table, QUERIES)
    queries = np.concatenate(
        [chunks, out_of_sample_queries(sample_vectors(table, SPREAD), len(chunks))]
    )
    farthest = nearest(blocks(table), queries, NEIGHBOURS, measure).scores[:, -1]
    own = len(chunks)
    # the harder ones first: most parameters that fall short do so with them
    return Sample(queries[own:], farthest[own:], 0), Sample(chunks, farthest[:own], 1)


def out_of_sample_queries(
    chunks: NDArray[np.float32], count: int, seed: int = 0
) -> NDArray[np.float32]:
    """Vectors that simulate queries from outside the collection.

    They are drawn from a normal distribution with the mean and the covariance of the chunks,
    float32 `[n, d]`. Their neighbors are scattered, as those of texts from elsewhere are, and an
    index misses more of them than of a chunk's.
    """
    mean = chunks.mean(axis=0)
    weights = np.random.default_rng(seed).standard_normal((count, len(chunks)))
    drawn = weights @ (chunks - mean) / np.sqrt(len(chunks)) + mean
    return np.asarray(drawn, np.float32)


def measured(
    table: Table, params: Index, asked: Sequence[Sample], measure: str, *, least: float = 0.0
) -> Index:
    """Search parameters with their recall: the lower one of the samples.

    A chunk finds itself, which does not count, so nine of ten are looked for. Parameters that are
    soon seen to stay below `least` are not measured to the end.
    """
    recalls = []
    for group in asked:
        found: list[float] = []
        wanted = NEIGHBOURS - group.own
        for start in range(0, len(group.queries), TOGETHER):
            queries = group.queries[start : start + TOGETHER]
            searches = [
                vector_question(query, NEIGHBOURS, params, measure=measure) for query in queries
            ]
            for answer, limit in zip(
                lance_query.answers(table, searches), group.farthest[start:], strict=False
            ):
                near = similarities(answer["_distance"].to_numpy(), measure) >= limit - ROUNDING
                found.append(min(max(int(near.sum()) - group.own, 0) / wanted, 1))
            if _surely_below(found, least):
                break
        recalls.append(float(np.mean(found)))
        if recalls[-1] < least:
            break
    return replace(params, recall=round(min(recalls), 4))


def milliseconds(table: Table, params: Index, asked: Sequence[Sample], measure: str) -> float:
    """Median time of a search, one after the other."""
    seconds = []
    for query in np.concatenate([group.queries[:TOGETHER] for group in asked]):
        started = time.perf_counter()
        lance_query.answer(table, vector_question(query, NEIGHBOURS, params, measure=measure))
        seconds.append(time.perf_counter() - started)
    return round(1000 * float(np.median(seconds)), 2)


def _surely_below(found: Sequence[float], least: float) -> bool:
    """Whether the mean of more such numbers would be below, but once in ten thousand times."""
    error = np.std(found) / np.sqrt(len(found))
    return bool(np.mean(found) + 4 * error < least)


def vector_question(
    query: NDArray[np.float32],
    k: int,
    params: Index,
    *,
    measure: str,
    columns: Sequence[str] = (),
    where: str | None = None,
    row_ids: bool = False,
) -> Question:
    """A question for the k rows nearest to a vector, with a column `_distance`."""
    shown = [*columns, "_distance"]
    return Question(shown, k, where, query, DISTANCES[measure], params, row_ids=row_ids)


def similarities(distances: NDArray[np.float32], measure: str) -> NDArray[np.float32]:
    """Similarities out of the store's distances, higher is nearer."""
    if measure == "euclidean":
        return np.asarray(-np.sqrt(np.maximum(distances, 0)), np.float32)
    return np.asarray(1 - distances, np.float32)


def sample_vectors(table: Table, count: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors of rows drawn at random: float32 `[at most count, d]`."""
    rows = table.count_rows()
    drawn = np.random.default_rng(seed).choice(rows, min(count, rows), replace=False)
    taken = table.take_offsets(np.sort(drawn).tolist()).select(["vector"]).to_arrow()
    return restored(taken["vector"])


def up_to_date(
    table: Table,
    index: Index,
    asked: str,
    target: float,
    *,
    changed: int,
    measure: str,
    storage: str,
) -> Index:
    """Return an index that still fits, and rebuild it where the collection has outgrown it.

    Args:
        table: the collection's.
        index: that it has.
        asked: the kind that is asked for, as in `choose`.
        target: the recall that is asked for.
        changed: chunks that have come or gone by the run that ends.
        measure: the similarity.
        storage: number format of the stored vectors.
    """
    rows, changed = table.count_rows(), index.changed + changed
    kind = choose(rows, asked, storage)
    there = any(entry.columns == ["vector"] for entry in table.list_indices())
    as_wished = (kind, target) == (choose(index.rows, index.asked, storage), index.target)
    if as_wished and there == (index.kind != "exact") and changed <= REMEASURE_THRESHOLD * rows:
        return replace(index, asked=asked, changed=changed)
    if there and kind == index.kind and rows / GROWTH <= index.rows <= rows * GROWTH:
        tuned = tune(table, kind, measure, target)
        if tuned is not None:
            return replace(tuned, asked=asked, rows=index.rows)
    return replace(build(table, kind, measure, target), asked=asked)


def index_words(table: Table) -> None:
    """Build the index for searching by words, where there is none yet.

    Words of Chinese and Japanese are separated by the dictionaries of ICU, those of English are
    reduced to their stems.
    """
    there = [entry.columns for entry in table.list_indices()]
    module: Any = require("lancedb.index", "store")
    for column in ("text", "title"):
        if [column] not in there:
            words = module.FTS(base_tokenizer="icu/split", remove_stop_words=False)
            table.create_index(column, config=words)


def drop(table: Table) -> None:
    """Drop the index over vectors, if there is one."""
    for index in table.list_indices():
        if index.columns == ["vector"]:
            table.drop_index(index.name)


def optimize(table: Table) -> None:
    """Join small files and bring indexes up to date; every version stays."""
    table.optimize(cleanup_older_than=timedelta(days=36_500))
