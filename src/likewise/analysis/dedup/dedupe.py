"""Texts that say the same twice: exact copies, then near ones; and what leaks between two files.

Texts are gone through in an order of their own (see `Keep`). Each one that is not taken yet stands
for a group and takes all texts that are not taken yet and are near to itself. So every member was
compared with the text that is kept for it, a chain of small steps never glues unlike texts, and a
text whose only neighbour goes stays. Groups never reach beyond a connected component of the
neighbour graph, and there is no limit to their size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.dedup.exact import KEEPS, ExactGroups, Keep, plain, rank
from likewise.analysis.dedup.near_pairs import DOUBT, Pairs, exactly, near_pairs
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import within
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

Reason = Literal["exact", "near"]

THRESHOLD = 0.9
"""Cosine similarity from which texts are near-duplicates; see docs/guides/duplicates.md."""
NEIGHBOURS = 16
"""Neighbours looked up for each text; who has more near ones is compared with all."""
_BATCH = 64
"""Crowded texts compared with all others at once."""
_PIECE = 16_384
"""Rows taken from a file of vectors at once."""


@dataclass(frozen=True)
class RemovedText:
    """A text that is not needed, and why.

    Attributes:
        row: its place among the records, from 0.
        representative: the place of the text that stands for it (in the other corpus, where two
            were compared).
        group: number of its group, from 1, the largest first.
        similarity: cosine of the two; 1 for exact copies.
        reason: `exact` where the texts are the same but for case, spaces and Unicode forms.
    """

    row: int
    representative: int
    group: int
    similarity: float
    reason: Reason


@dataclass(frozen=True)
class Duplicates:
    """What is said twice.

    Attributes:
        count: n records that were looked at.
        removed: those not needed, by row.
        threshold: the least similarity of near ones.
        keep: which of a group is kept.
        recall: see `Graph.recall`.
    """

    count: int
    removed: tuple[RemovedText, ...]
    threshold: float
    keep: Keep
    recall: float = 1.0

    @property
    def kept(self) -> list[int]:
        """Rows that stay, ascending."""
        gone = {found.row for found in self.removed}
        return [row for row in range(self.count) if row not in gone]

    @property
    def groups(self) -> dict[int, list[RemovedText]]:
        """What goes, by the number of its group."""
        groups: dict[int, list[RemovedText]] = defaultdict(list)
        for found in self.removed:
            groups[found.group].append(found)
        return dict(sorted(groups.items()))

    def of(self, reason: Reason) -> int:
        """How many go for that reason."""
        return sum(found.reason == reason for found in self.removed)


def dedupe(
    corpus: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    keep: Keep = "longest",
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the texts of a corpus that are said twice.

    With `keep="longest"` the groups, and which text of each is kept, are the same whatever the
    order of the records; among equal texts the first row is kept.

    Args:
        corpus: the records with their vectors.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        keep: which text of a group is kept.
        progress: opens a bar for each stage.

    Raises:
        InputError: an unknown `keep`, or a threshold that is no similarity.
    """
    _check(threshold, keep)
    all_texts = corpus.texts
    texts = ExactGroups(all_texts, keep)
    recall = 1.0
    taken: dict[int, Taken] = {}
    if threshold <= 1 and len(texts.rows) > 1:
        pairs = near_pairs(
            corpus, texts.rows, texts.places, threshold, k=NEIGHBOURS, progress=progress
        )
        recall = pairs.recall
        taken = _take(corpus.vectors, texts, pairs, threshold, progress)
    found = []
    for row, place in enumerate(texts.places.tolist()):
        near = taken.get(place)
        stands = int(texts.rows[near.leader if near else place])
        if near:
            found.append(RemovedText(row, stands, 0, near.similarity, "near"))
        elif row != stands:
            found.append(RemovedText(row, stands, 0, 1.0, "exact"))
    return Duplicates(len(corpus), _numbered(found, all_texts), threshold, keep, recall)


def leaks(
    corpus: EmbeddedCorpus,
    against: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the texts of one corpus that another one has too: of a test set in a training set.

    Every text is compared with every other, so none is missed. What repeats within the corpus
    itself is left alone. `RemovedText.representative` is a row of `against`; a group is all that
    goes because of one text there.

    Args:
        corpus: what is to be cleaned.
        against: what must not be in it.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        progress: opens a bar.

    Raises:
        InputError: a threshold that is no similarity.
    """
    _check(threshold, "longest")
    there = ExactGroups(against.texts, "longest")
    same = dict(zip(there.plain, there.rows.tolist(), strict=True))
    candidates = against.vectors[there.rows]
    found: dict[int, RemovedText] = {}
    for row, text in enumerate(corpus.texts):
        if (copy := same.get(plain(text))) is not None:
            found[row] = RemovedText(row, copy, 0, 1.0, "exact")
    rest = np.setdiff1d(np.arange(len(corpus)), list(found)) if threshold <= 1 else np.arange(0)
    with progress(len(rest), title="comparing") as advance:
        for start in range(0, len(rest), _PIECE):
            rows = rest[start : start + _PIECE]
            for near in within(corpus.vectors[rows], candidates, threshold - DOUBT):
                row = int(rows[near.query])
                scores = exactly(corpus.vectors[[row]], candidates[near.indices])
                if len(scores) and scores.max() >= threshold:
                    best = int(scores.argmax())  # of equal ones the first in their own order
                    at = int(there.rows[near.indices[best]])
                    found[row] = RemovedText(row, at, 0, float(scores[best]), "near")
            release(corpus.vectors)
            advance(len(rows))
    removed = _numbered([found[row] for row in sorted(found)], against.texts)
    return Duplicates(len(corpus), removed, threshold, "longest")


def _check(threshold: float, keep: str) -> None:
    if keep not in KEEPS:
        raise InputError(f"unknown keep {keep!r}", hint="one of " + ", ".join(KEEPS))
    if not 0 < threshold < np.inf:
        raise InputError(
            f"the threshold is {threshold}, expected a similarity above 0",
            hint=f"1 is the same direction, {THRESHOLD} nearly the same words",
        )


def _take(
    vectors: Matrix, texts: ExactGroups, pairs: Pairs, threshold: float, progress: ProgressFactory
) -> dict[int, Taken]:
    """Who is taken by whom: places of distinct texts, the earlier ones first."""
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for left, right, score in zip(
        pairs.left.tolist(), pairs.right.tolist(), pairs.similarities.tolist(), strict=True
    ):
        near[left].append((right, score))
    crowded = set(pairs.crowded.tolist())
    everywhere = _Everywhere(vectors, texts, pairs.crowded, threshold)
    taken: dict[int, Taken] = {}
    leaders = sorted(crowded.union(near))
    with progress(len(leaders), title="grouping") as advance:
        for leader in leaders:
            advance(1)
            if leader in taken:
                continue
            members = everywhere.near(leader, taken) if leader in crowded else near[leader]
            for member, score in members:
                if member > leader and member not in taken:
                    taken[member] = Taken(leader, score)
    return taken


@dataclass(frozen=True)
class Taken:
    """By whom a text is taken.

    Attributes:
        leader: place of the text that stands for it.
        similarity: of the two.
    """

    leader: int
    similarity: float


class _Everywhere:
    """All that is near to crowded texts, looked for among all texts, some crowded ones at once."""

    def __init__(
        self, vectors: Matrix, texts: ExactGroups, crowded: NDArray[np.int64], threshold: float
    ) -> None:
        self._vectors, self._texts, self._threshold = vectors, texts, threshold
        self._waiting = crowded
        self._found: dict[int, list[tuple[int, float]]] = {}

    def near(self, leader: int, taken: Mapping[int, Taken]) -> list[tuple[int, float]]:
        """Places near to a crowded one, and how near; asked for in ascending order."""
        if leader not in self._found:
            left = [place for place in self._waiting.tolist() if place not in taken]
            self._found = self._look(np.asarray(left[:_BATCH]))
            self._waiting = np.asarray(left[_BATCH:], np.int64)
        return self._found[leader]

    def _look(self, asking: NDArray[np.int64]) -> dict[int, list[tuple[int, float]]]:
        rows = self._texts.rows
        queries = self._vectors[rows[asking]]
        found: dict[int, list[tuple[int, float]]] = {place: [] for place in asking.tolist()}
        for start in range(0, len(rows), _PIECE):
            block = self._vectors[rows[start : start + _PIECE]]
            for near in within(queries, block, self._threshold - DOUBT):
                place = int(asking[near.query])
                scores = exactly(queries[[near.query]], block[near.indices])
                found[place] += [
                    (int(index) + start, float(score))
                    for index, score in zip(near.indices, scores, strict=True)
                    if score >= self._threshold
                ]
            release(self._vectors)
        return found


def _numbered(found: Sequence[RemovedText], texts: Sequence[str]) -> tuple[RemovedText, ...]:
    """Groups numbered by size, then by the text that stands for them."""
    sizes = Counter(removed.representative for removed in found)
    order = sorted(sizes, key=lambda row: (-sizes[row], *rank(texts[row])))
    numbers = {row: number for number, row in enumerate(order, 1)}
    return tuple(replace(removed, group=numbers[removed.representative]) for removed in found)
