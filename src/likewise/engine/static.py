"""Static embeddings: the mean of the vectors of a text's tokens, with no network between.

Tissier et al., model2vec, https://github.com/MinishLab/model2vec; sentence-transformers'
StaticEmbedding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import read_weights
from likewise.engine.after_pooling import after_pooling
from likewise.errors import DamagedFileError
from likewise.progress import Advance
from likewise.tokenization.tokenizer import TokenRows

PORTION = 1024
"""Texts whose token vectors are gathered at once."""


class StaticRuntime:
    """A table with a vector a token, in NumPy; the modules after the mean, where there are any.

    Args:
        config: the checkpoint.
    """

    compute = recipe = "float32"
    kind = "table"
    reason = "a table of token vectors, float32: there is no network to run"
    device = "cpu"

    def __init__(self, config: Config) -> None:
        self._table = _read_table(config)
        self._after = after_pooling(config.modules)
        self.dimension = self._after(self._table[:1]).shape[1]

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector a text, in the order given: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        ends = np.cumsum(rows.lengths)
        for start in range(0, len(rows), PORTION):
            stop = min(start + PORTION, len(rows))
            begins = ends[start:stop] - rows.lengths[start:stop]
            mean = self._mean(rows, begins, rows.lengths[start:stop])
            vectors[start:stop] = self._after(mean)
            if progress:
                progress(stop - start)
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The vector of every token, one float32 `[tokens, dimension]` a text; see `Runtime`."""
        return [self._table[rows.row(i)] for i in range(len(rows))]

    def _mean(
        self, rows: TokenRows, begins: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Mean over each text's tokens; zeros where it has none."""
        mean = np.zeros((len(lengths), self._table.shape[1]), dtype=np.float32)
        filled = np.flatnonzero(lengths)
        if len(filled):
            first, last = begins[filled[0]], begins[filled[-1]] + lengths[filled[-1]]
            tokens = self._table[rows.token_ids[first:last]]
            sums = np.add.reduceat(tokens, begins[filled] - first, axis=0)
            mean[filled] = sums / lengths[filled, np.newaxis]
        return mean


def _read_table(config: Config) -> NDArray[np.float32]:
    """One row a token id, in sentence-transformers' format or model2vec's."""
    tensors = read_weights(config.folder)
    if "embedding.weight" in tensors:
        return np.asarray(tensors["embedding.weight"], dtype=np.float32)
    if "embeddings" not in tensors:
        raise DamagedFileError(
            f"the weights in {config.folder} lack the tensor 'embedding.weight'",
            hint="the weights do not belong to this checkpoint; download it again",
        )
    table = np.asarray(tensors["embeddings"], dtype=np.float32)
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table = table * np.asarray(tensors["weights"], dtype=np.float32)[:, np.newaxis]
    return table
