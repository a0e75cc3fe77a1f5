"""What deduplication finds: the texts to remove, in groups, at one threshold or another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np

from likewise.analysis.dedup.differences import Difference
from likewise.analysis.dedup.exact import Keep, rank
from likewise.errors import InputError

Reason = Literal["exact", "near", "edited"]

THRESHOLD = 0.9
"""Cosine similarity from which texts are near-duplicates; see docs/guides/duplicates.md."""


@dataclass(frozen=True)
class RemovedText:
    """A text that is not needed, and why.

    Attributes:
        row: its place among the records, from 0.
        representative: the place of the text that represents it (in the other corpus, where two
            were compared).
        group: number of its group, from 1, the largest first.
        similarity: cosine of the two; 1 for exact copies.
        reason: `exact` where the texts are equal except for case, spaces and Unicode forms;
            `near` where the similarity is at or above the threshold; `edited` where it is not, but
            one text is the other with slips of the keyboard, polite phrases, other spaces or
            punctuation, another order of words, or without its end.
    """

    row: int
    representative: int
    group: int
    similarity: float
    reason: Reason


@dataclass(frozen=True)
class DifferingText:
    """A text that is near to another one, but differs from it in a word that matters; it stays.

    Attributes:
        row: its place among the records, from 0.
        representative: the place of the text that it is near to.
        similarity: cosine of the two.
        differences: what they differ in; `left` is of this text.
    """

    row: int
    representative: int
    similarity: float
    differences: tuple[Difference, ...]


class DuplicateSource(Protocol):
    """What duplicates were grouped from; it groups them again at a higher threshold."""

    @property
    def threshold(self) -> float:
        """Least similarity that was searched for."""
        ...

    def at(self, threshold: float) -> Duplicates:
        """The duplicates at a threshold that is not lower."""
        ...


@dataclass(frozen=True)
class Duplicates:
    """The duplicates of a corpus.

    Attributes:
        count: n records that were compared.
        removed: those not needed, by row.
        threshold: the least similarity of near-duplicates.
        keep: which text of a group stays.
        recall: see `KnnGraph.recall`.
        source: the near pairs they were grouped from.
        differing: texts that stay although they are near to one that stays, by row.
    """

    count: int
    removed: tuple[RemovedText, ...]
    threshold: float
    keep: Keep
    recall: float = 1.0
    source: DuplicateSource | None = field(default=None, repr=False, compare=False)
    differing: tuple[DifferingText, ...] = ()

    @property
    def kept(self) -> list[int]:
        """Rows that stay, ascending."""
        removed = {found.row for found in self.removed}
        return [row for row in range(self.count) if row not in removed]

    @property
    def groups(self) -> dict[int, list[RemovedText]]:
        """The texts to remove, by the number of their group."""
        groups: dict[int, list[RemovedText]] = defaultdict(list)
        for found in self.removed:
            groups[found.group].append(found)
        return dict(sorted(groups.items()))

    def of(self, reason: Reason) -> int:
        """How many are removed for that reason."""
        return sum(found.reason == reason for found in self.removed)

    def rethreshold(self, threshold: float) -> Duplicates:
        """The duplicates at another threshold, from the near pairs already found.

        Nothing is encoded or searched again; the result equals that of a new run. Only texts that
        have more near neighbors than were looked up are compared with the other vectors.

        Args:
            threshold: not below the one the pairs were found at.

        Raises:
            InputError: a threshold that is no similarity, or is too low for these pairs.
        """
        check_threshold(threshold)
        if self.source is None or threshold < self.source.threshold:
            lowest = self.threshold if self.source is None else self.source.threshold
            raise InputError(
                f"the threshold {threshold:g} needs more pairs than were found at {lowest:g}",
                hint=f"run dedupe again with the threshold {threshold:g}; "
                "every higher one can then be tried without a new run",
            )
        return self.source.at(threshold)


def check_threshold(threshold: float) -> None:
    """Refuse what cannot be a threshold.

    Raises:
        InputError: it is not above 0, or not finite.
    """
    if not 0 < threshold < np.inf:
        raise InputError(
            f"the threshold is {threshold}, expected a similarity above 0",
            hint=f"1 is the same direction, {THRESHOLD} nearly the same words",
        )


def numbered(found: Sequence[RemovedText], texts: Sequence[str]) -> tuple[RemovedText, ...]:
    """Number the groups by size, then by the text that represents them."""
    sizes = Counter(removed.representative for removed in found)
    order = sorted(sizes, key=lambda row: (-sizes[row], *rank(texts[row])))
    numbers = {row: number for number, row in enumerate(order, 1)}
    return tuple(replace(removed, group=numbers[removed.representative]) for removed in found)
