"""Find near-duplicates in a collection, or what of it another one has, at every threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

import numpy as np

from likewise.analysis.dedup.dedupe import dedupe
from likewise.analysis.dedup.duplicates import THRESHOLD, Duplicates, RemovedText
from likewise.analysis.dedup.leaks import leaks
from likewise.collections.reader import CollectionReader
from likewise.errors import FingerprintError, InputError
from likewise.operations.collection import CollectionRequest, Where
from likewise.operations.collection_corpus import (
    CollectionCorpus,
    StoredText,
    collection_corpus,
)
from likewise.operations.contract import Field
from likewise.operations.session import Session

STEP = 0.02
"""Between two thresholds whose counts are given."""

WHOLE = "passages = 1"
"""Records of one chunk: a part of a long text is no copy of another text."""


@dataclass(frozen=True)
class DuplicatesRequest(CollectionRequest):
    """What counts as a duplicate in a collection."""

    _: KW_ONLY
    threshold: Annotated[
        float, Field("Least similarity of near-duplicates.", minimum=0.5, maximum=1.0)
    ] = THRESHOLD
    where: Where = None
    against: Annotated[
        str | None,
        Field("Another collection: find the records that repeat one of it.", metavar="NAME"),
    ] = None


@dataclass(frozen=True)
class CollectionDuplicatesRequest(DuplicatesRequest):
    """A collection to look for duplicates in."""

    _: KW_ONLY
    lowest: Annotated[
        float,
        Field("Counts are given for thresholds from this one on.", minimum=0.5, maximum=1.0),
    ] = 0.8
    pairs: Annotated[
        int, Field("Most pairs of each threshold, the most similar first.", minimum=1)
    ] = 1000


@dataclass(frozen=True)
class ThresholdCounts:
    """What a threshold would remove.

    Attributes:
        threshold: the threshold.
        removed: records that another one represents.
        groups: groups of duplicates.
    """

    threshold: float
    removed: int
    groups: int


@dataclass(frozen=True)
class DuplicatePair:
    """A record, and the one that represents it.

    Attributes:
        similarity: cosine of the two.
        reason: `exact`, `near` or `edited`.
        steps: places of the thresholds at which the one represents the other.
        left: the record that is not needed.
        right: the one that stays; of the other collection, where one is named.
    """

    similarity: float
    reason: str
    steps: tuple[int, ...]
    left: StoredText
    right: StoredText


@dataclass(frozen=True)
class CollectionDuplicatesResult:
    """The duplicates of a collection.

    Attributes:
        collection: its name.
        records: how many were compared.
        left_out: records of several chunks, which were not.
        against: the collection that they were compared with; None for this one itself.
        threshold: the one that was asked for.
        counts: what each threshold would remove, the lowest first.
        pairs: of all thresholds, the most similar first.
    """

    collection: str
    records: int
    left_out: int
    against: str | None
    threshold: float
    counts: tuple[ThresholdCounts, ...]
    pairs: tuple[DuplicatePair, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: all attributes."""
        return asdict(self)


def collections_duplicates(
    request: CollectionDuplicatesRequest, session: Session
) -> CollectionDuplicatesResult:
    """Find records that say nearly the same, from their stored vectors; nothing is changed.

    With `against`, records that repeat one of another collection, such as those of a test set in
    training data; duplicates within this collection are then left alone.

    Raises:
        InputError: nothing to compare, a bad condition or threshold.
        FingerprintError: the vectors of the two collections are not of the same model.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.reader(request.name, store=request.store)
    found = find_duplicates(collection, request, min(request.lowest, request.threshold), session)
    at = _at_thresholds(found, request.pairs, session)
    records = len(found.own.corpus)
    left_out = collection.count(request.where) - records
    return CollectionDuplicatesResult(
        request.name, records, left_out, request.against, request.threshold, at.counts, at.pairs
    )


@dataclass(frozen=True)
class FoundDuplicates:
    """Duplicates in a collection, and its texts.

    Attributes:
        duplicates: of all thresholds from the lowest on.
        own: the texts of the collection.
        other: those that represent them; `own` within one collection.
    """

    duplicates: Duplicates
    own: CollectionCorpus
    other: CollectionCorpus


def find_duplicates(
    collection: CollectionReader, request: DuplicatesRequest, lowest: float, session: Session
) -> FoundDuplicates:
    """The duplicates of a request, for every threshold from `lowest` on.

    Raises:
        InputError: nothing to compare, a bad condition or threshold.
        FingerprintError: the vectors of the two collections are not of the same model.
        CollectionNotFoundError: no collection has the name of `against`.
        CollectionError: a collection cannot be read.
    """
    where = f"{WHOLE} AND ({request.where})" if request.where else WHOLE
    other = None if request.against is None else _other(request, session)
    own = collection_corpus(session, collection, where=where)
    if other is None:
        found = dedupe(own.corpus, lowest, progress=session.progress)
        return FoundDuplicates(found, own, own)
    found = leaks(own.corpus, other.corpus, lowest, progress=session.progress)
    return FoundDuplicates(found, own, other)


def _other(request: DuplicatesRequest, session: Session) -> CollectionCorpus:
    """The corpus of the other collection."""
    if request.against == request.name:
        raise InputError(
            f"{request.name!r} is compared with itself",
            hint="name another collection, or none to find duplicates within this one",
        )
    own, other = (
        session.reader(name, store=request.store) for name in (request.name, str(request.against))
    )
    if own.manifest.fingerprint != other.manifest.fingerprint:
        raise FingerprintError(
            f"{own.name!r} has vectors of {own.manifest.model} ({own.manifest.compute}), "
            f"{other.name!r} of {other.manifest.model} ({other.manifest.compute})",
            hint=f"likewise collections migrate {other.name} --to {own.manifest.model} "
            f"--compute {own.manifest.compute}",
        )
    return collection_corpus(session, other, where=WHOLE)


@dataclass(frozen=True)
class _AtThresholds:
    """What each threshold finds.

    Attributes:
        counts: the lowest threshold first.
        pairs: the most similar first.
    """

    counts: tuple[ThresholdCounts, ...]
    pairs: tuple[DuplicatePair, ...]


def _at_thresholds(found: FoundDuplicates, most: int, session: Session) -> _AtThresholds:
    """The counts and the pairs of each threshold; groups differ between them."""
    duplicates = found.duplicates
    thresholds = np.round(np.arange(duplicates.threshold, 1 + STEP / 2, STEP), 4).tolist()
    counts: list[ThresholdCounts] = []
    steps: dict[tuple[int, int], list[int]] = {}
    known: dict[tuple[int, int], RemovedText] = {}
    with session.progress(len(thresholds), title="counting", unit="thresholds") as progress:
        for step, threshold in enumerate(thresholds):
            at = duplicates.rethreshold(threshold)
            counts.append(ThresholdCounts(threshold, len(at.removed), len(at.groups)))
            for removed in sorted(at.removed, key=lambda each: -each.similarity)[:most]:
                pair = (removed.row, removed.representative)
                known[pair] = removed
                steps.setdefault(pair, []).append(step)
            progress(step + 1)
    pairs = [_pair(removed, steps[key], found) for key, removed in known.items()]
    return _AtThresholds(tuple(counts), tuple(sorted(pairs, key=lambda pair: -pair.similarity)))


def _pair(removed: RemovedText, steps: Sequence[int], found: FoundDuplicates) -> DuplicatePair:
    return DuplicatePair(
        round(float(removed.similarity), 4), removed.reason, tuple(steps),
        found.own.text(removed.row), found.other.text(removed.representative),
    )  # fmt: skip
