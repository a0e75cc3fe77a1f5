"""What a collection knows of itself, kept in the metadata of its column of vectors.

So it has the same versions as the rows, changes in the same atomic commits, and lies wherever
they lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from likewise.collections.contract import Index, Run, Storage
from likewise.collections.explain import SimilarityDistribution
from likewise.collections.store import repair
from likewise.data.chunking import Chunk, Chunker, chunk_records
from likewise.data.records import Record
from likewise.errors import CollectionError, DamagedCollectionError, FingerprintError

if TYPE_CHECKING:
    from lancedb.table import Table

KEY = "likewise"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """A collection's own description.

    Attributes:
        model: name or folder of the model that made the vectors.
        fingerprint: of that model.
        compute: number format it ran in.
        dimension: of the vectors.
        similarity: how vectors are compared: `cosine`, `dot` or `euclidean`.
        storage: number format of the vectors kept.
        passage: tokens of a passage at most; 0 keeps texts whole.
        overlap: tokens at most that a passage has in common with the one before it.
        background: similarity of random pairs; None while there are none.
        index: how neighbours are found.
        runs: the log, oldest first.
    """

    model: str
    fingerprint: str
    compute: str
    dimension: int
    similarity: str
    storage: Storage
    passage: int = 0
    overlap: int = 0
    background: SimilarityDistribution | None = None
    index: Index = field(default_factory=Index)
    runs: tuple[Run, ...] = ()

    def check(self, name: str, model: str, fingerprint: str) -> None:
        """Refuse another model's vectors.

        Raises:
            FingerprintError: the model is not the one that made this collection.
        """
        if fingerprint != self.fingerprint:
            raise FingerprintError(
                f"the collection {name!r} was made with {self.model} ({self.compute}, fingerprint "
                f"{self.fingerprint[:8]}), this is {model} (fingerprint {fingerprint[:8]})",
                hint=f"use {self.model} with compute {self.compute}, or index into another "
                "collection",
            )

    @property
    def manner(self) -> str:
        """How texts are split, in words; a record that was split otherwise is another one."""
        return f"{self.passage}/{self.overlap}" if self.passage else ""

    def split(self, records: Iterable[Record], splitter: Chunker) -> Iterator[Chunk]:
        """Records in passages, as this collection has them."""
        if self.passage:
            sizes = {"max_tokens": self.passage, "overlap": self.overlap}
            return chunk_records(records, splitter, **sizes)
        return (Chunk(record, 0, 0, len(record.text), record.title) for record in records)

    def with_run(self, run: Run) -> Manifest:
        """With one more line in its log."""
        return replace(self, runs=(*self.runs, run))

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False)


def read_manifest(table: Table, name: str) -> Manifest:
    """The description in a table, of the version that is open.

    Raises:
        CollectionError: it is not there, or of a later program.
        DamagedCollectionError: it is not what was written.
    """
    vector = table.schema.field("vector") if "vector" in table.schema.names else None
    content = (vector.metadata or {}).get(KEY.encode()) if vector else None
    if content is None:
        raise CollectionError(
            f"{name!r} is a Lance table, and no collection of this program",
            hint="choose another name or another store",
        )
    try:
        return _parsed(content, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedCollectionError(
            f"the collection {name!r} cannot be read: its own description is damaged ({error})",
            hint=repair(name),
        ) from error


def _parsed(content: bytes, name: str) -> Manifest:
    value: dict[str, Any] = json.loads(content)
    if value.pop("format") != FORMAT:
        raise CollectionError(
            f"the collection {name!r} was written by a later version of likewise",
            hint="pip install --upgrade likewise",
        )
    if value["background"]:
        value["background"] = SimilarityDistribution(**value["background"])
    value["index"] = Index(**value["index"])
    value["runs"] = tuple(Run(**run | {"sources": tuple(run["sources"])}) for run in value["runs"])
    return Manifest(**value)


def write_manifest(table: Table, manifest: Manifest) -> int:
    """Commit a description; gives the table's version."""
    update = {"path": "vector", "metadata": {KEY: manifest.dumps()}}
    return int(table.update_field_metadata(update).version)
