"""Files of texts in, results out."""

from likewise.atomic import atomic
from likewise.corpus.export import write_table, write_vectors
from likewise.corpus.passages import Passage, split
from likewise.corpus.records import Record, Skipped, read_records, read_texts

__all__ = [
    "Passage",
    "Record",
    "Skipped",
    "atomic",
    "read_records",
    "read_texts",
    "split",
    "write_table",
    "write_vectors",
]
