"""User files: readers, records, chunking and writers."""

from likewise.data.chunking import Chunk, chunk_records
from likewise.data.readers import DetectedEncoding, Limits
from likewise.data.records import Record, Skipped, detect_encoding, read_records, read_texts
from likewise.data.writers import write_table, write_vectors

__all__ = [
    "Chunk",
    "DetectedEncoding",
    "Limits",
    "Record",
    "Skipped",
    "chunk_records",
    "detect_encoding",
    "read_records",
    "read_texts",
    "write_table",
    "write_vectors",
]
