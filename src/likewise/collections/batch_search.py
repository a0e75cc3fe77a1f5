"""Many queries at once, into a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from likewise.atomic import atomic
from likewise.collections.contract import Hit, Mode, Scorer
from likewise.collections.reader import CollectionReader
from likewise.data.records import read_records
from likewise.data.writers import check_target


def search_file(
    collection: CollectionReader,
    queries: str | Path,
    target: str | Path,
    *,
    k: int = 10,
    mode: Mode = "semantic",
    where: str | None = None,
    diversity: float = 0.0,
    rerank: Scorer | None = None,
    by_document: bool = False,
    chunks_per_document: int = 3,
    fold_duplicates: bool = False,
    explain: bool = False,
) -> int:
    """Search for every text of a file; one JSON object a query, in the order of the file.

    Args:
        collection: where to look.
        queries: any file that `read_records` reads.
        target: a `.jsonl` file; it appears when it is whole.
        k: how many hits a query.
        mode: as in `Collection.search`.
        where: an SQL condition.
        diversity: as in `Collection.search`.
        rerank: as in `Collection.search`.
        by_document: as in `Collection.search`.
        chunks_per_document: as in `Collection.search`.
        fold_duplicates: as in `Collection.search`.
        explain: as in `Collection.search`.

    Returns:
        How many queries there were.

    Raises:
        RecordError: the file cannot be read.
        OutputError: the target cannot be written.
    """
    check_target(target, FORMATS)
    count = 0
    texts = [record.text for record in read_records(queries, unit="line")]
    answers = collection.search_batch(
        texts, k, mode=mode, where=where, diversity=diversity, rerank=rerank,
        by_document=by_document, chunks_per_document=chunks_per_document,
        fold_duplicates=fold_duplicates, explain=explain,
    )  # fmt: skip
    with atomic(target) as file:
        for text, hits in zip(texts, answers, strict=True):
            _write(file, text, hits)
            count += 1
    return count


def _write(file: BinaryIO, query: str, hits: list[Hit]) -> None:
    line = json.dumps({"query": query, "hits": [hit.to_dict() for hit in hits]}, ensure_ascii=False)
    file.write(line.encode() + b"\n")


FORMATS: Mapping[str, Callable[..., None]] = MappingProxyType({"jsonl": _write})
