"""Labels of all texts, where the graph of a sample was divided."""

from __future__ import annotations

import numpy as np

from likewise.analysis.clustering.communities import Labels, sums, unit
from likewise.analysis.neighbors.graph import edge_weights, row_blocks
from likewise.analysis.neighbors.sample import Sample
from likewise.extras import require
from likewise.vectors import Matrix


def labels_of_all(labels: Labels, drawn: Sample, vectors: Matrix) -> Labels:
    """The labels of all texts, from those of a sample.

    A text that is not in the sample gets the label with the most weight among its neighbors that
    are; where there are none, that of the nearest centroid.

    Args:
        labels: int32 `[s]`, of the sample, from 0.
        drawn: the sample.
        vectors: float32 `[n, dimension]` of length 1, of all texts.

    Returns:
        int32 `[n]`; those of the sample are as they were.
    """
    sparse = require("scipy.sparse", "explore")
    count = int(labels.max()) + 1
    centroids = unit(sums(drawn.vectors, labels, count))
    known = np.full(len(vectors), -1, np.int32)
    known[drawn.rows] = labels
    found = known.copy()
    others = np.flatnonzero(known < 0)
    for block in row_blocks(len(others)):
        rows = others[block]
        near = drawn.whole.indices[rows]
        voted = np.where(near >= 0, known[near], -1)
        text, neighbor = np.nonzero(voted >= 0)
        weights = edge_weights(drawn.whole.similarities[rows][text, neighbor])
        shape = (len(rows), count)
        votes = sparse.csr_matrix((weights, (text, voted[text, neighbor])), shape)
        chosen = np.asarray(votes.argmax(axis=1)).ravel()
        alone = np.diff(votes.indptr) == 0
        chosen[alone] = (np.asarray(vectors[rows[alone]]) @ centroids.T).argmax(axis=1)
        found[rows] = chosen
    return found
