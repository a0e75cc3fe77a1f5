"""Static embeddings: a text's vector is the mean of its tokens' vectors, without a network.

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
from likewise.tokenization.token_rows import TokenRows

BATCH_TEXTS = 1024
"""Texts whose token vectors are gathered at once."""


class StaticRuntime:
    """A table of token vectors, in NumPy, and the modules after the mean.

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
        """One vector per text, in input order: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        ends = np.cumsum(rows.lengths)
        for start in range(0, len(rows), BATCH_TEXTS):
            stop = min(start + BATCH_TEXTS, len(rows))
            starts = ends[start:stop] - rows.lengths[start:stop]
            mean = self._mean(rows, starts, rows.lengths[start:stop])
            vectors[start:stop] = self._after(mean)
            if progress:
                progress(stop - start)
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The vector of each token: one float32 `[tokens, dimension]` per text; see `Runtime`."""
        return [self._table[rows.row(i)] for i in range(len(rows))]

    def _mean(
        self, rows: TokenRows, starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Mean of the vectors of each text's tokens; zeros for a text without tokens."""
        mean = np.zeros((len(lengths), self._table.shape[1]), dtype=np.float32)
        nonempty = np.flatnonzero(lengths)
        if len(nonempty):
            first, last = starts[nonempty[0]], starts[nonempty[-1]] + lengths[nonempty[-1]]
            tokens = self._table[rows.token_ids[first:last]]
            sums = np.add.reduceat(tokens, starts[nonempty] - first, axis=0)
            mean[nonempty] = sums / lengths[nonempty, np.newaxis]
        return mean


def _read_table(config: Config) -> NDArray[np.float32]:
    """One row per token id, from a checkpoint of sentence-transformers or model2vec."""
    tensors = read_weights(config.folder)
    if "embedding.weight" in tensors:
        return np.asarray(tensors["embedding.weight"], dtype=np.float32)
    if "embeddings" not in tensors:
        raise DamagedFileError(
            f"the weights in {config.folder} lack the tensor 'embedding.weight'",
            hint="the weights do not match the checkpoint; download it again",
        )
    table = np.asarray(tensors["embeddings"], dtype=np.float32)
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table = table * np.asarray(tensors["weights"], dtype=np.float32)[:, np.newaxis]
    return table
