"""The end of a run: files joined, indexes brought up to date and measured, a line in the log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from likewise.collections import history, tuning
from likewise.collections.calibration import Calibration
from likewise.collections.contract import Model
from likewise.collections.explain import SAMPLE, similarity_distribution
from likewise.collections.manifest import Manifest, read_manifest
from likewise.collections.off_topic import language_of
from likewise.collections.off_topic_calibration import calibrate, sample_texts
from likewise.collections.store import store_errors, written_by_another
from likewise.collections.sync import Changes
from likewise.progress import Progress

if TYPE_CHECKING:
    from lancedb.table import Table


def finish_run(
    table: Table,
    name: str,
    changes: Changes,
    kind: str | None = None,
    target: float | None = None,
    *,
    model: Model | None = None,
    resumed: bool,
    progress: Progress | None = None,
    action: Literal["index", "migrate", "tag"] = "index",
) -> Manifest:
    """Bring files and indexes up to date, measure, and close the run.

    Args:
        table: the collection's, at its latest version; the caller holds the lock.
        name: the collection's.
        changes: what the run did.
        kind: of index, as in `Collection.add`.
        target: recall, as in `Collection.add`.
        model: measures the calibration again; without it, the changes are only counted.
        resumed: whether an earlier run was stopped, whose changes are not counted.
        progress: shown the steps.
        action: what the log calls it.
    """
    bar = progress or Progress()
    manifest = read_manifest(table, name)
    index = manifest.index
    asked = kind or index.asked, index.target if target is None else target
    nothing = not (changes.added or changes.removed or changes.moved)
    if nothing and history.is_whole(table, manifest) and asked == (index.asked, index.target):
        return manifest
    with store_errors(f"cannot index the collection {name!r}"):
        bar.message("joining files")
        tuning.optimize(table)
        bar.message("indexing words")
        tuning.index_words(table)
        bar.message("indexing vectors")
        changed = table.count_rows() if resumed else changes.added + changes.removed
        index = tuning.up_to_date(
            table, index, *asked, changed=changed, measure=manifest.similarity,
            storage=manifest.storage,
        )  # fmt: skip
        sample = tuning.sample_vectors(table, SAMPLE)
        bar.message("measuring off-topic questions")
        calibrations = _calibrated(table, manifest, model, changed)
        if read_manifest(table, name).runs != manifest.runs:  # nothing locks an object store
            raise written_by_another(name)
    manifest = replace(
        manifest, index=index, calibrations=calibrations,
        distribution=similarity_distribution(sample, manifest.similarity),
    )  # fmt: skip
    return history.record_run(
        table, manifest, action, added=changes.added, removed=changes.removed,
        sources=changes.sources,
    )  # fmt: skip


def _calibrated(
    table: Table, manifest: Manifest, model: Model | None, changed: int
) -> dict[str, Calibration]:
    """Calibrations that still fit; in the collection's own language one is always there."""
    rows = table.count_rows()
    fitting = {
        language: replace(known, changed=known.changed + changed)
        for language, known in manifest.calibrations.items()
    }
    if model is None or not rows:
        return fitting if rows else {}
    fitting = {
        language: known
        for language, known in fitting.items()
        if known.changed <= tuning.REMEASURE_THRESHOLD * rows
    }
    sample = sample_texts(table)
    language = language_of("\n".join(sample))
    if language not in fitting:
        fitting[language] = calibrate(table, model, manifest.similarity, language, sample)
    return fitting
