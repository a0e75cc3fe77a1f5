"""Leaks: texts of one corpus that another one contains too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.dedup.comparison import WordingComparer
from likewise.analysis.dedup.differences import Difference
from likewise.analysis.dedup.duplicates import (
    THRESHOLD,
    DifferingText,
    Duplicates,
    Reason,
    RemovedText,
    check_threshold,
    numbered,
)
from likewise.analysis.dedup.edited_pairs import edited_pairs
from likewise.analysis.dedup.exact import ExactGroups, normalized
from likewise.analysis.dedup.grouping import ROWS_AT_ONCE
from likewise.analysis.dedup.near_pairs import TOLERANCE, exact_cosine
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import within
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

_LOOKED_AT = 16
"""Nearest texts that are compared word by word with one that differs from each of them."""


def leaks(
    corpus: EmbeddedCorpus,
    against: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    remove_differing: bool = False,
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the texts of one corpus that another one contains too: of a test set in a training set.

    The vector of every text is compared with every other one, so none is missed. Duplicates within
    the corpus itself stay. `RemovedText.representative` is a row of `against`; a group is all that
    is removed because of one text there.

    Args:
        corpus: what is to be cleaned.
        against: what must not be in it.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        remove_differing: remove near texts that differ in a number, a name or the like, too.
        progress: opens a bar for each stage.

    Raises:
        InputError: a threshold that is no similarity.
    """
    check_threshold(threshold)
    other = ExactGroups(against.texts, "longest")
    same = dict(zip(other.normalized, other.rows.tolist(), strict=True))
    exact: dict[int, int] = {}
    for row, text in enumerate(corpus.texts):
        if (copy := same.get(normalized(text))) is not None:
            exact[row] = copy
    leaked = [Leak(row, exact=copy) for row, copy in exact.items()]
    if threshold <= 1:
        rest = np.setdiff1d(np.arange(len(corpus)), list(exact))
        search = _Search(
            corpus, against, rest, other, remove_differing=remove_differing, progress=progress
        )
        with progress(len(rest), title="comparing") as advance:
            for start in range(0, len(rest), ROWS_AT_ONCE):
                rows = rest[start : start + ROWS_AT_ONCE]
                leaked += search.leaks(rows, threshold)
                advance(len(rows))
    leaked.sort(key=lambda leak: leak.row)
    return LeakedTexts(len(corpus), tuple(leaked), against.texts, threshold).at(threshold)


@dataclass(frozen=True)
class Match:
    """A text of the other corpus that one is similar to.

    Attributes:
        row: of the other corpus.
        similarity: cosine of the two.
        differences: what the two differ in.
    """

    row: int
    similarity: float
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Leak:
    """What the other corpus contains of one text.

    Attributes:
        row: of the text.
        exact: row of an exact copy.
        near: the nearest text that it does not differ from.
        edited: the nearest edited copy.
        differing: the nearest text that it differs from.
    """

    row: int
    exact: int | None = None
    near: Match | None = None
    edited: Match | None = None
    differing: Match | None = None

    def removed(self, threshold: float) -> RemovedText | None:
        """The text as one to remove; None where it is none."""
        if self.exact is not None:
            return RemovedText(self.row, self.exact, 0, 1.0, "exact")
        if self.near and self.near.similarity >= threshold:
            return self._removed(self.near, "near")
        if self.edited and threshold <= 1:
            return self._removed(self.edited, "edited")
        return None

    def _removed(self, match: Match, reason: Reason) -> RemovedText:
        return RemovedText(self.row, match.row, 0, match.similarity, reason)


class _Search:
    """Finds what another corpus contains of the texts of one."""

    def __init__(
        self,
        corpus: EmbeddedCorpus,
        against: EmbeddedCorpus,
        rest: NDArray[np.int64],
        other: ExactGroups,
        *,
        remove_differing: bool,
        progress: ProgressFactory,
    ) -> None:
        self._corpus, self._other, self._remove_differing = corpus, other, remove_differing
        self._vectors = against.vectors[other.rows]
        mine = ExactGroups([corpus.records[row].text for row in rest], "longest")
        self._position = dict(zip(rest.tolist(), mine.positions.tolist(), strict=True))
        self._own = len(mine.rows)
        texts = [corpus.records[rest[row]].text for row in mine.rows]
        texts += [against.records[row].text for row in other.rows]
        found = edited_pairs(texts, corpus.known_words, progress, between=self._own)
        self._comparer: WordingComparer = found.comparer
        self._edited: dict[int, dict[int, float]] = defaultdict(dict)
        for (left, right), least in zip(found.pairs.tolist(), found.least.tolist(), strict=True):
            self._edited[left][right - self._own] = least

    def leaks(self, rows: NDArray[np.int64], threshold: float) -> list[Leak]:
        """What the other corpus contains of the texts of some rows."""
        queries = self._corpus.vectors[rows]
        found = []
        for near in within(queries, self._vectors, threshold - TOLERANCE):
            row = int(rows[near.query])
            leak = self._leak(row, queries[near.query], near.indices, threshold)
            if leak.near or leak.edited or leak.differing:
                found.append(leak)
        release(self._corpus.vectors)
        return found

    def _leak(self, row: int, vector: Matrix, indices: NDArray[np.intp], threshold: float) -> Leak:
        position = self._position[row]
        copies = self._edited.get(position, {})
        edited = [
            Match(int(self._other.rows[at]), score)
            for at, score in self._nearest(vector, np.asarray(list(copies), np.int64))
            if score >= copies[at]
        ]
        best = differing = None
        for at, score in self._nearest(vector, indices)[:_LOOKED_AT]:
            if score < threshold:
                break
            differences = self._differences(position, at)
            match = Match(int(self._other.rows[at]), score, differences)
            if not differences:
                best = match
                break
            differing = differing or match
        return Leak(row, None, best, edited[0] if edited else None, differing)

    def _nearest(self, vector: Matrix, places: NDArray[np.int64]) -> list[tuple[int, float]]:
        """Places in the other corpus with similarities, nearest first, then in their own order."""
        scores = exact_cosine(vector[None], self._vectors[places])
        order = np.argsort(-scores, kind="stable")
        return [(int(places[at]), float(scores[at])) for at in order]

    def _differences(self, position: int, at: int) -> tuple[Difference, ...]:
        if self._remove_differing:
            return ()
        return self._comparer.compare(position, self._own + at).differences


@dataclass(frozen=True)
class LeakedTexts:
    """The texts of a corpus that another one contains.

    Attributes:
        count: n records that were compared.
        leaked: the texts, by row.
        texts: of the other corpus.
        threshold: least similarity that was searched for.
    """

    count: int
    leaked: tuple[Leak, ...]
    texts: Sequence[str]
    threshold: float

    def at(self, threshold: float) -> Duplicates:
        """The leaks at a threshold that is not lower."""
        found, differing = [], []
        for leak in self.leaked:
            if (removed := leak.removed(threshold)) is not None:
                found.append(removed)
            elif (near := leak.differing) is not None and near.similarity >= threshold:
                differing.append(
                    DifferingText(leak.row, near.row, near.similarity, near.differences)
                )
        removed_texts = numbered(found, self.texts)
        return Duplicates(
            self.count, removed_texts, threshold, "longest",
            source=self, differing=tuple(differing),
        )  # fmt: skip
