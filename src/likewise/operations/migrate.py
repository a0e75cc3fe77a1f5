"""Change the model of a collection: encode its chunks again, compare, switch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from likewise.collections.collection import Collection
from likewise.collections.contract import Run
from likewise.collections.migration import Migration, chunks_of, discard, trial_queries
from likewise.data.table import read_rows
from likewise.errors import InputError
from likewise.operations.collection import CollectionRequest
from likewise.operations.contract import ComputeName, Failure, Field
from likewise.operations.messages import report_cut
from likewise.operations.migration_measurement import Measurement, measure
from likewise.operations.session import Session

QUERIES = 200
"""Queries that are made from the collection's own sentences."""


@dataclass(frozen=True)
class MigrateRequest(CollectionRequest):
    """A collection, and the model that it should have."""

    _: KW_ONLY
    model: Annotated[
        str | None,
        Field("Name, hub id or folder of the new model.", flag="--to", metavar="MODEL"),
    ] = None
    compute: Annotated[ComputeName, Field("Number format of the network; float16 needs a GPU.")] = (
        "auto"
    )
    labels: Annotated[
        Path | None,
        Field(
            "Queries with the texts that answer them: .jsonl with query and pos.",
            metavar="FILE", local=True,
        ),
    ] = None  # fmt: skip
    min_overlap: Annotated[
        float, Field("Least share of the ten best hits in common.", minimum=0.0, maximum=1.0)
    ] = 0.3
    switch: Annotated[
        bool,
        Field("Switch if it passes; or only compare.", flag="--switch/--no-switch"),
    ] = True
    force: Annotated[bool, Field("Switch whatever the comparison gives.")] = False
    discard: Annotated[bool, Field("Delete the new vectors of a migration not switched.")] = False


@dataclass(frozen=True)
class MigrateResult:
    """A migration, as far as it went.

    Attributes:
        collection: name of the collection.
        before: model of the collection before.
        after: the new model; None where a migration was discarded.
        computes: number formats that the two models run in.
        chunks: chunks that have vectors of the new model.
        encoded: chunks that were encoded by this call.
        cut: texts longer than the new model reads.
        measurement: how the hits change; None if nothing was compared.
        run: the switch, as the log records it; None if it was not made.
        discarded: whether the new vectors were deleted.
        seconds: time it took.
        failure: why it was not switched.
    """

    collection: str
    before: str
    after: str | None
    computes: tuple[str, str]
    chunks: int
    encoded: int
    cut: int
    measurement: Measurement | None
    run: Run | None
    discarded: bool
    seconds: float
    failure: Failure | None = None

    @property
    def switched(self) -> bool:
        """Whether the collection has the new model now."""
        return self.run is not None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: the fields, with `switched`; `measurement` has `queries`, `overlap` (`value`, `low`,
        `high`), `quality` (`queries`, `before`, `after`, `difference`) and `examples` (`query`,
        `overlap`, `before`, `after`); `failure` has `reasons` and `hint`.
        """
        return asdict(self) | {"switched": self.switched}


def collections_migrate(request: MigrateRequest, session: Session) -> MigrateResult:
    """Encode a collection with another model, compare the hits of both, and switch if they agree.

    The collection stays as it is until the switch, which `undo` reverts. A run that is stopped is
    continued by the same call.

    Raises:
        InputError: no model, a bad file of labels, or vectors that cannot be stored.
        CollectionNotFoundError: no collection has this name.
        CollectionError: it is being migrated to another model, or written by another process.
        FingerprintError: it has vectors of this model already.
        CheckpointError: the model cannot be used.
    """
    started = time.perf_counter()
    collection = session.collection(request.name, store=request.store)
    before = collection.manifest.model
    compute = collection.manifest.compute
    nothing = MigrateResult(
        request.name, before, None, (compute, compute), 0, 0, 0, None, None, False, 0.0
    )
    if request.discard:
        return replace(nothing, discarded=discard(collection))
    if request.model is None:
        raise InputError("no model is named", hint="name the new one with --to MODEL")
    model = session.models.get(request.model, request.compute)
    migration = Migration(collection, model)
    nothing = replace(
        nothing, after=model.name, computes=(compute, model.compute), chunks=len(collection)
    )
    if migration.pending:
        session.message("unfinished", "the switch was stopped before its end; it is finished now")
        with session.progress(None, title="switching") as progress:
            run = migration.switch(progress)
        return replace(nothing, run=run, seconds=time.perf_counter() - started)
    with session.progress(len(collection), title="encoding", unit="chunks") as progress:
        done = migration.encode(progress)
    report_cut(session, model, done.cut, done.encoded)
    found = _measured(request, session, collection, migration.candidate)
    failure = None if request.force else _failure(request, found)
    switched = None
    if request.switch and failure is None:
        with session.progress(None, title="switching") as progress:
            switched = migration.switch(progress)
    return replace(
        nothing, chunks=done.encoded + done.present, encoded=done.encoded, cut=done.cut,
        measurement=found, run=switched, failure=failure, seconds=time.perf_counter() - started,
    )  # fmt: skip


def _measured(
    request: MigrateRequest, session: Session, before: Collection, after: Collection
) -> Measurement | None:
    if not len(before):
        return None
    relevant = _relevant(request, session, before)
    with session.progress(None, title="comparing") as progress:
        progress.message("searching with both models")
        return measure(before, after, trial_queries(before, QUERIES), relevant)


def _relevant(
    request: MigrateRequest, session: Session, collection: Collection
) -> Mapping[str, frozenset[str]]:
    """Ids of the chunks that answer queries, by the feedback and the file of labels."""
    found: dict[str, set[str]] = {}
    for each in collection.feedback.list():
        if each.verdict == "better":
            found.setdefault(each.query, set()).add(each.hit)
    if request.labels is not None:
        labels = _read_labels(request.labels)
        ids = chunks_of(collection, (text for texts in labels.values() for text in texts))
        missing = sum(not any(text in ids for text in texts) for texts in labels.values())
        if missing:
            session.message(
                "labels",
                f"{missing:,} of {len(labels):,} labelled queries name no text of the collection "
                "and were left out",
                missing=missing, queries=len(labels),
            )  # fmt: skip
        for query, texts in labels.items():
            if known := {ids[text] for text in texts if text in ids}:
                found.setdefault(query, set()).update(known)
    return {query: frozenset(ids) for query, ids in found.items()}


def _read_labels(path: Path) -> dict[str, list[str]]:
    """Texts that answer each query."""
    found: dict[str, list[str]] = {}
    for row in read_rows(path):
        query, texts = row.get("query"), row.get("pos")
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(query, str) or not isinstance(texts, list):
            raise InputError(
                f"{path} lacks the columns query and pos",
                hint="likewise feedback export writes such a file",
            )
        found.setdefault(query, []).extend(text for text in texts if isinstance(text, str))
    return found


def _failure(request: MigrateRequest, found: Measurement | None) -> Failure | None:
    if found is None:
        return None
    reasons = []
    if found.overlap.value < request.min_overlap:
        reasons.append(
            f"not switched: the models share {found.overlap.value:.0%} of the ten best hits, less "
            f"than {request.min_overlap:.0%}"
        )
    if (quality := found.quality) and quality.difference.interval.high < 0:
        reasons.append(
            f"not switched: nDCG@10 falls from {quality.before:.3f} to {quality.after:.3f} on "
            f"{quality.queries:,} labelled queries"
        )
    if not reasons:
        return None
    return Failure(
        tuple(reasons),
        f"look at its hits: likewise search {request.name} QUERY --as-of migration; --force "
        "switches anyway, --discard deletes the new vectors",
    )
