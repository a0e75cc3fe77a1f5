"""Files of texts in, results out."""

from likewise.atomic import atomic
from likewise.corpus.collection import Collection
from likewise.corpus.contract import Hit
from likewise.corpus.export import write_table, write_vectors
from likewise.corpus.opening import open_collection
from likewise.corpus.passages import Passage, split
from likewise.corpus.records import Record, Skipped, read_records, read_texts

__all__ = [
    "Collection",
    "Hit",
    "Passage",
    "Record",
    "Skipped",
    "atomic",
    "open_collection",
    "read_records",
    "read_texts",
    "split",
    "write_table",
    "write_vectors",
]
