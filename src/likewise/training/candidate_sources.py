"""Where hard negatives are looked for: texts in memory, or a collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections.collection import Collection
from likewise.data.chunking import with_title
from likewise.encoder import Encoder
from likewise.progress import Progress

BLOCK = 4096
"""Queries and texts that are compared at a time."""


@dataclass(frozen=True)
class PositivePair:
    """A query and the texts that answer it.

    Attributes:
        query: the query.
        pos: its positives.
        neg: negatives that are known already; they stay, and come first.
    """

    query: str
    pos: tuple[str, ...]
    neg: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A candidate of a query.

    Attributes:
        text: the text.
        score: its similarity to the query, or the cross-encoder's score.
    """

    text: str
    score: float


class CandidateSource(Protocol):
    """Where negatives are looked for."""

    def __len__(self) -> int:
        """Number of texts."""
        ...

    def search(
        self, queries: Sequence[str], k: int, progress: Progress
    ) -> Iterator[Sequence[Found]]:
        """The k nearest texts of each query, best first.

        Args:
            queries: the queries.
            k: how many.
            progress: called with the number of queries that are finished.
        """
        ...

    def scores(self, pairs: Sequence[PositivePair], progress: Progress) -> Iterator[list[float]]:
        """The similarities of the positives of each pair, in their order."""
        ...


class TextSource:
    """Texts in memory, compared with every query.

    Args:
        encoder: makes the vectors.
        texts: the candidates; equal ones count once.
        progress: called with the number of texts that are encoded.
    """

    def __init__(
        self, encoder: Encoder, texts: Iterable[str], progress: Progress | None = None
    ) -> None:
        self._encoder = encoder
        self._texts = list(dict.fromkeys(texts))
        self._vectors = _encoded(encoder, self._texts, "document", progress or Progress())

    def __len__(self) -> int:
        return len(self._texts)

    def search(
        self, queries: Sequence[str], k: int, progress: Progress
    ) -> Iterator[Sequence[Found]]:
        """See `CandidateSource`."""
        measure = self._encoder.similarity_fn_name
        for start in range(0, len(queries), BLOCK):
            part = queries[start : start + BLOCK]
            matrix = _encoded(self._encoder, part, "query", Progress())
            best = self._nearest(matrix, min(k, len(self)), measure)
            for indices, scores in zip(best.indices, best.scores, strict=True):
                yield [
                    Found(self._texts[n], score)
                    for n, score in zip(indices.tolist(), scores.tolist(), strict=True)
                ]
            progress(len(part))

    def _nearest(self, queries: NDArray[np.float32], k: int, measure: str) -> vectors.TopK:
        best: vectors.TopK | None = None
        for start in range(0, len(self), BLOCK):
            block = self._vectors[start : start + BLOCK]
            top = vectors.top_k(vectors.similarity(queries, block, measure), min(k, len(block)))
            top = replace(top, indices=top.indices + start)
            if best is not None:
                scores = np.concatenate([best.scores, top.scores], axis=1)
                indices = np.concatenate([best.indices, top.indices], axis=1)
                order = vectors.top_k(scores, min(k, scores.shape[1]))
                top = replace(order, indices=np.take_along_axis(indices, order.indices, axis=1))
            best = top
        assert best is not None
        return best

    def scores(self, pairs: Sequence[PositivePair], progress: Progress) -> Iterator[list[float]]:
        """See `CandidateSource`."""
        return _positive_scores(self._encoder, pairs, progress)


class CollectionSource:
    """The chunks of a collection, found with its index.

    Args:
        collection: the collection.
        encoder: the model of its vectors.
    """

    def __init__(self, collection: Collection, encoder: Encoder) -> None:
        self._collection, self._encoder = collection, encoder

    def __len__(self) -> int:
        return len(self._collection)

    def search(
        self, queries: Sequence[str], k: int, progress: Progress
    ) -> Iterator[Sequence[Found]]:
        """See `CandidateSource`."""
        for hits in self._collection.search_batch(queries, min(k, max(len(self), 1))):
            yield [Found(with_title(hit.title, hit.text), hit.score) for hit in hits]
            progress(1)

    def scores(self, pairs: Sequence[PositivePair], progress: Progress) -> Iterator[list[float]]:
        """See `CandidateSource`."""
        return _positive_scores(self._encoder, pairs, progress)


def _positive_scores(
    encoder: Encoder, pairs: Sequence[PositivePair], progress: Progress
) -> Iterator[list[float]]:
    measure = encoder.similarity_fn_name
    for start in range(0, len(pairs), BLOCK):
        part = pairs[start : start + BLOCK]
        queries = _encoded(encoder, [pair.query for pair in part], "query", Progress())
        texts = [text for pair in part for text in pair.pos]
        documents = _encoded(encoder, texts, "document", Progress())
        owners = np.repeat(np.arange(len(part)), [len(pair.pos) for pair in part])
        values = vectors.similarity_pairwise(queries[owners], documents, measure).tolist()
        at = 0
        for pair in part:
            yield values[at : at + len(pair.pos)]
            at += len(pair.pos)
        progress(len(part))


def _encoded(
    encoder: Encoder, texts: Sequence[str], role: Literal["query", "document"], progress: Progress
) -> NDArray[np.float32]:
    parts = []
    for part in encoder.encode_stream(texts, prompt_name=encoder.role_prompt(role)):
        parts.append(part.vectors)
        progress(len(part.texts))
    return np.concatenate(parts) if parts else np.empty((0, encoder.dimension), np.float32)
