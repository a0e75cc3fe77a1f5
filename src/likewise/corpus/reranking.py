"""Judges that put hits in a better order: cross-encoders, and larger models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.corpus.contract import Model, Scores
from likewise.errors import UnsupportedModelError


class ByVectors:
    """A model of vectors as a judge: slower and better than the collection's own, one hopes."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Similarity of each text to the query: float32 `[n]`."""
        near = vectors.similarity(
            self._model.encode_query(query),
            self._model.encode_document(list(texts)),
            self._model.similarity_fn_name,
        )
        return np.asarray(near[0], np.float32)


def load_judge(name: str | Path, *, compute: str = "auto") -> Scores:
    """Load a cross-encoder, or any other model as a judge by its vectors.

    Raises:
        ModelNotFoundError: no such model anywhere.
        DownloadError: it is not here and cannot be fetched.
    """
    from likewise.encoder import load
    from likewise.reranker import load_reranker

    try:
        return load_reranker(name, compute=compute)
    except UnsupportedModelError:
        return ByVectors(load(name, compute=compute))
