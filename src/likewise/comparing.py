"""What an `Encoder` compares: every text with every other, pairs, and candidates with a query."""

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
        """The similarity that texts are compared by."""

    @similarity_method
    def similarity(self, a: Any, b: Any) -> Any:
        """Every a with every b by the model's own similarity: float32 `[n, m]`, higher is nearer.

        Each side is a text, texts, or vectors; torch tensors give a torch tensor.
        """
        scores = vectors.similarity(self._vectors(a), self._vectors(b), self.similarity_fn_name)
        return tensor(scores) if is_tensor(a) else scores

    @similarity_method
    def similarity_pairwise(self, a: Any, b: Any) -> Any:
        """a[i] with b[i] by the model's own similarity: float32 `[n]`, higher is nearer.

        Torch tensors give a torch tensor.
        """
        scores = vectors.similarity_pairwise(
            self._vectors(a), self._vectors(b), self.similarity_fn_name
        )
        return tensor(scores) if is_tensor(a) else scores

    def rank(self, query: str, candidates: Iterable[str], top_k: int | None = None) -> list[Ranked]:
        """Candidates by their similarity to a query, nearest first; equal scores keep their order.

        Args:
            query: the source text.
            candidates: the texts to rank.
            top_k: how many to give; all of them when not given.
        """
        texts = listed(candidates)
        if not texts:
            return []
        scores = vectors.similarity(
            self.encode_query(query), self.encode_document(texts), self.similarity_fn_name
        )
        best = vectors.top_k(scores, len(texts) if top_k is None else top_k)
        return [
            Ranked(int(i), float(s), texts[i])
            for i, s in zip(best.indices[0], best.scores[0], strict=True)
        ]

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Similarity of each text to a query: float32 `[n]`, as a `Reranker` gives its scores."""
        if not texts:
            return np.empty(0, np.float32)
        sides = self.encode_query(query), self.encode_document(texts)
        found = vectors.similarity(*sides, self.similarity_fn_name)
        return np.asarray(found[0], np.float32)

    def _vectors(self, side: Any) -> Any:
        if isinstance(side, Iterator):
            side = list(side)
        if isinstance(side, np.ndarray):
            texts = side.dtype.kind in "UTO"
        else:
            texts = isinstance(side, Sequence) and len(side) > 0 and isinstance(side[0], str)
        return self.encode(side) if texts or isinstance(side, str) else side
