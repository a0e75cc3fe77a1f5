"""The description of a collection, stored in the metadata of its column of vectors.

So it has the same versions as the rows, changes in the same atomic commits, and is
stored with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from likewise.collections.calibration import Calibration
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

# format 1 stores some fields by older names, which existing collections have
STORED_KEYS = MappingProxyType({"chunk_tokens": "passage", "distribution": "background"})
STORED_INDEX_KEYS = MappingProxyType({"ef": "effort"})
STORED_RUN_KEYS = MappingProxyType({"chunks": "passages"})


@dataclass(frozen=True)
class Manifest:
    """A collection's own description.

    Attributes:
        model: name or folder of the model that made the vectors.
        fingerprint: of that model.
        compute: number format it ran in.
        dimension: of the vectors.
        similarity: how vectors are compared: `cosine`, `dot` or `euclidean`.
        storage: number format of the stored vectors.
        chunk_tokens: tokens of a chunk at most; 0 does not split texts.
        overlap: tokens at most that a chunk has in common with the one before it.
        distribution: similarities of random pairs; None while there are none.
        index: how neighbours are found.
        calibrations: relevance to off-topic questions, by their language.
        runs: the log, oldest first.
    """

    model: str
    fingerprint: str
    compute: str
    dimension: int
    similarity: str
    storage: Storage
    chunk_tokens: int = 0
    overlap: int = 0
    distribution: SimilarityDistribution | None = None
    index: Index = field(default_factory=Index)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
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
    def chunking(self) -> str:
        """How texts are split, as text; a record that was split otherwise has another id."""
        return f"{self.chunk_tokens}/{self.overlap}" if self.chunk_tokens else ""

    def split(self, records: Iterable[Record], splitter: Chunker) -> Iterator[Chunk]:
        """Records in chunks, as this collection has them."""
        if self.chunk_tokens:
            sizes = {"max_tokens": self.chunk_tokens, "overlap": self.overlap}
            return chunk_records(records, splitter, **sizes)
        return (Chunk(record, 0, 0, len(record.text), record.title) for record in records)

    def with_run(self, run: Run) -> Manifest:
        """With one more line in its log."""
        return replace(self, runs=(*self.runs, run))

    def dumps(self) -> str:
        """As JSON."""
        value = asdict(self)
        value["index"] = _renamed(value["index"], STORED_INDEX_KEYS)
        value["runs"] = [_renamed(run, STORED_RUN_KEYS) for run in value["runs"]]
        stored = {"format": FORMAT} | _renamed(value, STORED_KEYS)
        return json.dumps(stored, ensure_ascii=False)


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
    value = _renamed(value, _inverted(STORED_KEYS))
    if known := value["distribution"]:
        distribution = SimilarityDistribution(tuple(known["values"]), known["pairs"])
        value["distribution"] = distribution
    value["index"] = Index(**_renamed(value["index"], _inverted(STORED_INDEX_KEYS)))
    value["calibrations"] = {
        language: Calibration(**{key: _tuple(item) for key, item in known.items()})
        for language, known in value.get("calibrations", {}).items()
    }
    runs = (_renamed(run, _inverted(STORED_RUN_KEYS)) for run in value["runs"])
    value["runs"] = tuple(Run(**run | {"sources": tuple(run["sources"])}) for run in runs)
    return Manifest(**value)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): part for name, part in value.items()}


def _inverted(names: Mapping[str, str]) -> dict[str, str]:
    return {stored: name for name, stored in names.items()}


def write_manifest(table: Table, manifest: Manifest) -> int:
    """Commit a description; gives the table's version."""
    update = {"path": "vector", "metadata": {KEY: manifest.dumps()}}
    return int(table.update_field_metadata(update).version)
