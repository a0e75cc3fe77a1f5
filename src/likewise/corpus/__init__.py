"""Files of texts in, results out."""

from likewise.atomic import atomic
from likewise.corpus.export import write_table, write_vectors
from likewise.corpus.records import Record, read_records, read_texts

__all__ = ["Record", "atomic", "read_records", "read_texts", "write_table", "write_vectors"]
