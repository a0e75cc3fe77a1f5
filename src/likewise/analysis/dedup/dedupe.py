"""Duplicates of a corpus: exact copies, near-duplicates and edited copies; and leaks.

Distinct texts are processed in a fixed order (see `Keep`). Each one that is not assigned yet
represents a group, and all texts near to it that are not assigned yet are assigned to it. So every
member was compared with the text that represents it, a chain of small differences never joins
texts that differ much, and a text whose only near neighbor is removed stays. Groups never cross a
connected component of the kNN graph and of the edited copies, and their size is not limited.

Two texts are near if their vectors are similar; or if one is an edited copy of the other, since one
slip of the keyboard is enough to change a vector. Texts that differ in a number, a date, a unit, a
negation or a name are not assigned to each other, however similar their vectors are.
"""

from __future__ import annotations

from dataclasses import dataclass

from likewise.analysis.dedup.duplicates import (
    THRESHOLD,
    DifferingText,
    Duplicates,
    Reason,
    RemovedText,
    check_threshold,
    numbered,
)
from likewise.analysis.dedup.edited_pairs import EditedPairs, edited_pairs
from likewise.analysis.dedup.exact import KEEPS, ExactGroups, Keep
from likewise.analysis.dedup.grouping import Groups, assign
from likewise.analysis.dedup.near_pairs import Pairs, near_pairs
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress

NEIGHBORS = 16
"""Neighbors looked up for each text; a text with more near ones is compared with all."""


def dedupe(
    corpus: EmbeddedCorpus,
    threshold: float = THRESHOLD,
    *,
    keep: Keep = "longest",
    remove_differing: bool = False,
    progress: ProgressFactory = no_progress,
) -> Duplicates:
    """Find the duplicates of a corpus.

    With `keep="longest"` the groups, and which text of each stays, do not depend on the order of
    the records; among equal texts the first row stays.

    Args:
        corpus: the records with their vectors.
        threshold: the least cosine similarity of near-duplicates; above 1 finds exact ones alone.
        keep: which text of a group stays.
        remove_differing: remove near texts that differ in a number, a name or the like, too.
        progress: opens a bar for each stage.

    Raises:
        InputError: an unknown `keep`, or a threshold that is no similarity.
    """
    if keep not in KEEPS:
        raise InputError(f"unknown keep {keep!r}", hint="one of " + ", ".join(KEEPS))
    check_threshold(threshold)
    texts = ExactGroups(corpus.texts, keep)
    pairs = edited = None
    if threshold <= 1 and len(texts.rows) > 1:
        pairs = near_pairs(
            corpus, texts.rows, texts.positions, threshold, k=NEIGHBORS, progress=progress
        )
        distinct = [corpus.records[row].text for row in texts.rows]
        edited = edited_pairs(distinct, corpus.known_words, progress)
    found = CorpusPairs(corpus, texts, pairs, edited, threshold, keep, remove_differing)
    return found.at(threshold, progress=progress)


@dataclass(frozen=True)
class CorpusPairs:
    """The exact copies, near pairs and edited copies of one corpus.

    Attributes:
        corpus: the records with their vectors.
        texts: the distinct texts.
        pairs: the near pairs among them; None where there can be none.
        edited: the edited copies among them; None where there can be none.
        threshold: least similarity of the pairs.
        keep: which text of a group stays.
        remove_differing: whether near texts that differ in a word that matters are removed.
    """

    corpus: EmbeddedCorpus
    texts: ExactGroups
    pairs: Pairs | None
    edited: EditedPairs | None
    threshold: float
    keep: Keep
    remove_differing: bool = False

    def at(self, threshold: float, *, progress: ProgressFactory = no_progress) -> Duplicates:
        """The duplicates at a threshold that is not below that of the pairs."""
        recall = 1.0
        groups = Groups()
        if self.pairs is not None and self.edited is not None and threshold <= 1:
            recall = self.pairs.recall
            groups = assign(
                self.corpus.vectors, self.texts, self.pairs.at(threshold), self.edited, progress,
                remove_differing=self.remove_differing,
            )  # fmt: skip
        found, differing = [], []
        for row, position in enumerate(self.texts.positions.tolist()):
            near = groups.assigned.get(position)
            stays = int(self.texts.rows[near.representative if near else position])
            if near:
                reason: Reason = "near" if near.similarity >= threshold else "edited"
                found.append(RemovedText(row, stays, 0, near.similarity, reason))
            elif row != stays:
                found.append(RemovedText(row, stays, 0, 1.0, "exact"))
            elif (apart := groups.differing.get(position)) is not None:
                other = int(self.texts.rows[apart.representative])
                differing.append(DifferingText(row, other, apart.similarity, apart.differences))
        removed = numbered(found, self.corpus.texts)
        return Duplicates(
            len(self.corpus), removed, threshold, self.keep, recall, self, tuple(differing)
        )
