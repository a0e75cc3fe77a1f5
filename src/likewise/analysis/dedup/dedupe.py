"""Duplicates of a corpus: exact copies, then near-duplicates; and leaks between two corpora.

Distinct texts are processed in a fixed order (see `Keep`). Each one that is not assigned yet
represents a group, and all texts near to it that are not assigned yet are assigned to it. So every
member was compared with the text that represents it, a chain of small differences never joins
texts that differ much, and a text whose only near neighbor is removed stays. Groups never cross a
connected component of the kNN graph, and their size is not limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.analysis.dedup.duplicates import (
    THRESHOLD,
    Duplicates,
    RemovedText,
    check_threshold,
    numbered,
)
from likewise.analysis.dedup.exact import KEEPS, ExactGroups, Keep, normalized
from likewise.analysis.dedup.grouping import ROWS_AT_ONCE, Assignment, assign
from likewise.analysis.dedup.near_pairs import TOLERANCE, Pairs, exact_cosine, near_pairs
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import within
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress

NEIGHBORS = 16
"""Neighbors looked up for each text; a text with more near ones is compared with all."""


def dedupe(
    corpus: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    keep: Keep = "longest",
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the duplicates of a corpus.

    With `keep="longest"` the groups, and which text of each stays, do not depend on the order of
    the records; among equal texts the first row stays.

    Args:
        corpus: the records with their vectors.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        keep: which text of a group stays.
        progress: opens a bar for each stage.

    Raises:
        InputError: an unknown `keep`, or a threshold that is no similarity.
    """
    if keep not in KEEPS:
        raise InputError(f"unknown keep {keep!r}", hint="one of " + ", ".join(KEEPS))
    check_threshold(threshold)
    texts = ExactGroups(corpus.texts, keep)
    pairs = None
    if threshold <= 1 and len(texts.rows) > 1:
        pairs = near_pairs(
            corpus, texts.rows, texts.positions, threshold, k=NEIGHBORS, progress=progress
        )
    return CorpusPairs(corpus, texts, pairs, threshold, keep).at(threshold, progress=progress)


@dataclass(frozen=True)
class CorpusPairs:
    """The exact copies and near pairs of one corpus.

    Attributes:
        corpus: the records with their vectors.
        texts: the distinct texts.
        pairs: the near pairs among them; None where there can be none.
        threshold: least similarity of the pairs.
        keep: which text of a group stays.
    """

    corpus: EmbeddedCorpus
    texts: ExactGroups
    pairs: Pairs | None
    threshold: float
    keep: Keep

    def at(self, threshold: float, *, progress: ProgressFactory = no_progress) -> Duplicates:
        """The duplicates at a threshold that is not below that of the pairs."""
        recall = 1.0
        assigned: dict[int, Assignment] = {}
        if self.pairs is not None and threshold <= 1:
            recall = self.pairs.recall
            assigned = assign(self.corpus.vectors, self.texts, self.pairs.at(threshold), progress)
        found = []
        for row, position in enumerate(self.texts.positions.tolist()):
            near = assigned.get(position)
            stays = int(self.texts.rows[near.representative if near else position])
            if near:
                found.append(RemovedText(row, stays, 0, near.similarity, "near"))
            elif row != stays:
                found.append(RemovedText(row, stays, 0, 1.0, "exact"))
        removed = numbered(found, self.corpus.texts)
        return Duplicates(len(self.corpus), removed, threshold, self.keep, recall, self)


def leaks(
    corpus: EmbeddedCorpus,
    against: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the texts of one corpus that another one contains too: of a test set in a training set.

    Every text is compared with every other, so none is missed. Duplicates within the corpus itself
    stay. `RemovedText.representative` is a row of `against`; a group is all that is removed because
    of one text there.

    Args:
        corpus: what is to be cleaned.
        against: what must not be in it.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        progress: opens a bar.

    Raises:
        InputError: a threshold that is no similarity.
    """
    check_threshold(threshold)
    other = ExactGroups(against.texts, "longest")
    same = dict(zip(other.normalized, other.rows.tolist(), strict=True))
    candidates = against.vectors[other.rows]
    found: dict[int, RemovedText] = {}
    for row, text in enumerate(corpus.texts):
        if (copy := same.get(normalized(text))) is not None:
            found[row] = RemovedText(row, copy, 0, 1.0, "exact")
    rest = np.setdiff1d(np.arange(len(corpus)), list(found)) if threshold <= 1 else np.arange(0)
    with progress(len(rest), title="comparing") as advance:
        for start in range(0, len(rest), ROWS_AT_ONCE):
            rows = rest[start : start + ROWS_AT_ONCE]
            for near in within(corpus.vectors[rows], candidates, threshold - TOLERANCE):
                row = int(rows[near.query])
                scores = exact_cosine(corpus.vectors[[row]], candidates[near.indices])
                if len(scores) and scores.max() >= threshold:
                    best = int(scores.argmax())  # of equal ones the first in their own order
                    at = int(other.rows[near.indices[best]])
                    found[row] = RemovedText(row, at, 0, float(scores[best]), "near")
            release(corpus.vectors)
            advance(len(rows))
    leaked = tuple(found[row] for row in sorted(found))
    return LeakedTexts(len(corpus), leaked, against.texts, threshold).at(threshold)


@dataclass(frozen=True)
class LeakedTexts:
    """The texts of a corpus that another one contains, each with the nearest text there.

    Attributes:
        count: n records that were compared.
        leaked: the texts, by row.
        texts: of the other corpus.
        threshold: least similarity that was searched for.
    """

    count: int
    leaked: tuple[RemovedText, ...]
    texts: Sequence[str]
    threshold: float

    def at(self, threshold: float) -> Duplicates:
        """The leaks at a threshold that is not lower."""
        found = [
            text for text in self.leaked if text.reason == "exact" or text.similarity >= threshold
        ]
        removed = numbered(found, self.texts)
        return Duplicates(self.count, removed, threshold, "longest", source=self)
