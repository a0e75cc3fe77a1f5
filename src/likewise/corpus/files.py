"""Files into a collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from likewise.corpus import tuning
from likewise.corpus.collection import open_collection
from likewise.corpus.contract import Indexed, Model, Storage
from likewise.corpus.records import Record, read_records
from likewise.progress import Bar


def index_files(
    paths: Sequence[str | Path],
    name: str,
    model: Model,
    *,
    store: str | None = None,
    column: str | None = None,
    storage: str | None = None,
    kind: str = "auto",
    target: float = tuning.TARGET,
    progress: Bar | None = None,
) -> Indexed:
    """Bring a collection to what files say now; it is made where there is none.

    Args:
        paths: files that `read_records` reads.
        name: the collection's.
        model: makes the vectors.
        store: where collections lie; see `open_collection`.
        column: of the texts; guessed where not given.
        storage: number format of the vectors kept.
        kind: of index, as in `Collection.add`.
        target: recall, as in `Collection.add`.
        progress: told of records that are finished.

    Raises:
        RecordError: a file, or a row in it, cannot be read; what came before it is kept.
        FingerprintError: the collection was made with another model.
        CollectionError: another process is writing it, or the disk refuses.
    """
    collection = open_collection(
        name, store=store, model=model, create=True, storage=cast(Storage | None, storage)
    )
    places = {str(Path(path).resolve()) for path in paths}
    return collection.add(
        _records(paths, column), covered=places.__contains__, kind=kind, target=target,
        progress=progress,
    )  # fmt: skip


def _records(paths: Sequence[str | Path], column: str | None) -> Iterator[Record]:
    for path in paths:
        for record in read_records(path, column=column):
            # the same file is the same source wherever it is named from
            yield replace(record, source=str(Path(record.source).resolve()))
