"""Comparisons of an `Encoder`: all pairs, row by row, and candidates with a query."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.results import Ranked
from likewise.signatures import EncodeMethod, similarity_method
from likewise.texts import is_tensor, listed, tensor


class ComparisonMethods(ABC):
    """Methods that compare texts by their vectors."""

    encode: EncodeMethod
    encode_query: EncodeMethod
    encode_document: EncodeMethod

    @property
    @abstractmethod
    def similarity_fn_name(self) -> str:
        """The similarity of the model: `cosine`, `dot`, `euclidean` or `manhattan`."""

    @similarity_method
    def similarity(self, a: Any, b: Any) -> Any:
        """The similarity of each a to each b, by `similarity_fn_name`: float32 `[n, m]`.

        Higher is more similar. Arguments are texts or vectors; torch tensors give a torch tensor.
        """
        scores = vectors.similarity(self._vectors(a), self._vectors(b), self.similarity_fn_name)
        return tensor(scores) if is_tensor(a) else scores

    @similarity_method
    def similarity_pairwise(self, a: Any, b: Any) -> Any:
        """The similarity of a[i] to b[i], by `similarity_fn_name`: float32 `[n]`.

        Higher is more similar. Arguments are texts or vectors; torch tensors give a torch tensor.
        """
        scores = vectors.similarity_pairwise(
            self._vectors(a), self._vectors(b), self.similarity_fn_name
        )
        return tensor(scores) if is_tensor(a) else scores

    def rank(self, query: str, candidates: Iterable[str], top_k: int | None = None) -> list[Ranked]:
        """Rank candidates by their similarity to a query, best first, ties in input order.

        Args:
            query: a text.
            candidates: the texts to rank.
            top_k: number of results; all candidates by default.
        """
        texts = listed(candidates)
        return ranked(self.scores(query, texts), texts, top_k)

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The similarity of each text to a query: float32 `[n]`; see `Reranker.scores`."""
        if not texts:
            return np.empty(0, np.float32)
        scores = vectors.similarity(
            self.encode_query(query), self.encode_document(texts), self.similarity_fn_name
        )
        return np.asarray(scores[0], np.float32)

    def _vectors(self, values: Any) -> Any:
        """The vectors of texts; vectors are returned unchanged."""
        if isinstance(values, Iterator):
            values = list(values)
        if isinstance(values, np.ndarray):
            are_texts = values.dtype.kind in "UTO"
        else:
            are_texts = isinstance(values, str) or (
                isinstance(values, Sequence) and len(values) > 0 and isinstance(values[0], str)
            )
        return self.encode(values) if are_texts else values


def ranked(scores: NDArray[np.float32], texts: Sequence[str], top_k: int | None) -> list[Ranked]:
    """The texts with the highest scores, best first, ties in input order.

    Args:
        scores: float32 `[n]`.
        texts: n texts.
        top_k: number of results; None for all.

    Raises:
        InputError: `top_k` is below 1.
    """
    if not texts:
        return []
    best = vectors.top_k(scores[None], len(texts) if top_k is None else top_k)
    return [
        Ranked(int(i), float(score), texts[i])
        for i, score in zip(best.indices[0], best.scores[0], strict=True)
    ]
