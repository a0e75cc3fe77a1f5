"""Files of texts in, results out."""

from likewise.atomic import atomic
from likewise.corpus.collection import Collection
from likewise.corpus.contract import Hit
from likewise.corpus.export import write_table, write_vectors
from likewise.corpus.opening import open_collection
from likewise.corpus.passages import Passage, split
from likewise.corpus.readers import DetectedEncoding, Limits
from likewise.corpus.records import Record, Skipped, detect_encoding, read_records, read_texts

__all__ = [
    "Collection",
    "DetectedEncoding",
    "Hit",
    "Limits",
    "Passage",
    "Record",
    "Skipped",
    "atomic",
    "detect_encoding",
    "open_collection",
    "read_records",
    "read_texts",
    "split",
    "write_table",
    "write_vectors",
]
