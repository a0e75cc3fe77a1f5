"""List the records of a collection that are farthest from all others."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

import numpy as np

from likewise.analysis.clustering.cluster import check_varied, width
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.neighbors.sparse import sparse_rows
from likewise.analysis.unique_corpus import unique_corpus
from likewise.operations.collection import CollectionRequest, Where
from likewise.operations.collection_corpus import StoredText, collection_corpus
from likewise.operations.contract import Field
from likewise.operations.session import Session

SHARE = 10
"""One of so many texts is listed at most: in a small collection the others are no outliers."""


@dataclass(frozen=True)
class OutliersRequest(CollectionRequest):
    """A collection whose outliers are listed."""

    _: KW_ONLY
    top: Annotated[int, Field("How many, at most a tenth of the texts.", short="-k", minimum=1)] = (
        50
    )
    where: Where = None


@dataclass(frozen=True)
class Outlier:
    """A chunk that is far from all others.

    Attributes:
        similarity: mean cosine with its nearest neighbors.
        nearest_similarity: cosine with the nearest one.
        group: chunks of one group are as near to each other as is typical, and far from the rest;
            one that is alone in its group is an outlier.
        copies: chunks with the same text, this one included.
        chunk: the chunk.
        nearest: the nearest one.
    """

    similarity: float
    nearest_similarity: float
    group: int
    copies: int
    chunk: StoredText
    nearest: StoredText


@dataclass(frozen=True)
class OutliersResult:
    """The outliers of a collection.

    Attributes:
        collection: its name.
        chunks: how many were compared.
        neighbors: how many neighbors a similarity is averaged over; equal texts count once.
        typical: median of the similarities of all chunks.
        recall: share of the true neighbors that were found; 1 where all pairs were compared.
        outliers: the farthest first.
    """

    collection: str
    chunks: int
    neighbors: int
    typical: float
    recall: float
    outliers: tuple[Outlier, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: all attributes."""
        return asdict(self)


def collections_outliers(request: OutliersRequest, session: Session) -> OutliersResult:
    """List the chunks of a collection that are farthest from their nearest neighbors.

    The neighbors are those of the kNN graph that clusters and maps are made from. Nothing is
    encoded.

    Raises:
        InputError: nothing to compare, or a bad condition.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
        OutputError: the cache cannot be written.
    """
    collection = session.reader(request.name, store=request.store)
    found = collection_corpus(session, collection, where=request.where)
    distinct = unique_corpus(found.corpus)
    check_varied(found.corpus, len(distinct.corpus))
    graph = knn_graph(distinct.corpus, width(len(distinct.corpus)), progress=session.progress)
    most = math.ceil(len(distinct.corpus) / SHARE)
    sparse = sparse_rows(graph, min(request.top, most))
    _, first, copies = np.unique(distinct.rows, return_index=True, return_counts=True)
    return OutliersResult(
        request.name, len(found.corpus), sparse.neighbors, round(sparse.typical, 4), graph.recall,
        tuple(
            Outlier(
                round(each.similarity, 4), round(each.nearest_similarity, 4), each.group,
                int(copies[each.row]), found.text(first[each.row]), found.text(first[each.nearest]),
            )
            for each in sparse.rows
        ),
    )  # fmt: skip
