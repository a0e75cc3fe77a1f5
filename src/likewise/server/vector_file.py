"""Cached vectors on disk, in an SQLite file that several processes can share."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB PRIMARY KEY, vector BLOB NOT NULL, seen INTEGER NOT NULL, read INTEGER NOT NULL
) WITHOUT ROWID
"""
_QUERY_SIZE = 500
"""Keys of one query; SQLite limits the number of parameters."""

_log = logging.getLogger("likewise.server")


class StoredVector(NamedTuple):
    """The vector of one text.

    Attributes:
        vector: float32 values, in the byte order of this machine.
        seen: tokens that the text has.
        read: tokens of it that were read.
    """

    vector: bytes
    seen: int
    read: int


class VectorFile:
    """Vectors by the hash of model and text; texts themselves are not stored.

    A file that cannot be used is a cache that is empty: an error is logged once, and nothing fails.

    Args:
        path: the file; it is created with its folder.
        limit: bytes of vectors; at the limit nothing more is stored until the file is deleted.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._limit = limit
        self._connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=OFF")  # a lost vector is encoded again
            self._connection.execute(_SCHEMA)
            (size,) = self._connection.execute("SELECT total(length(vector)) FROM vectors")
            self._size = int(size[0])
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def find(self, scope: str, texts: Sequence[str]) -> dict[str, StoredVector]:
        """The vectors of those texts that are stored.

        Args:
            scope: model, prompt and truncation.
            texts: different texts.
        """
        if self._connection is None:
            return {}
        by_key = {_key(scope, text): text for text in texts}
        keys = list(by_key)
        found: dict[str, StoredVector] = {}
        try:
            for start in range(0, len(keys), _QUERY_SIZE):
                part = keys[start : start + _QUERY_SIZE]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(
                    f"SELECT key, vector, seen, read FROM vectors WHERE key IN ({marks})", part
                )
                found |= {by_key[row[0]]: StoredVector(*row[1:]) for row in rows}
        except sqlite3.Error as error:
            self._give_up(error)
        return found

    def add(self, scope: str, vectors: Mapping[str, StoredVector]) -> None:
        """Store vectors."""
        if self._connection is None or self._size > self._limit:
            return
        rows = [(_key(scope, text), *each) for text, each in vectors.items()]
        try:
            with self._connection:
                self._connection.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            self._give_up(error)
        self._size += sum(len(each.vector) for each in vectors.values())

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _give_up(self, error: Exception) -> None:
        _log.warning("the file of cached vectors cannot be used: %s", error)
        self._connection = None


def _key(scope: str, text: str) -> bytes:
    return hashlib.blake2b(f"{scope}\0{text}".encode(), digest_size=20).digest()
