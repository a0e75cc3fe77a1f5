"""Vectors of texts that were encoded before: in memory, and in a file that outlives the process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder
from likewise.server.vector_file import StoredVector, VectorFile

OVERHEAD = 200
"""Bytes that an entry takes besides its text and its vector."""


class CachedVector(NamedTuple):
    """The vector of one text.

    Attributes:
        vector: float32 `[dimension]`.
        seen: tokens that the text has.
        read: tokens of it that were read.
    """

    vector: NDArray[np.float32]
    seen: int
    read: int


class VectorCache:
    """The vectors used last. Safe to use from several threads.

    Args:
        memory_limit: bytes in memory; 0 caches nothing in memory.
        file: holds more of them, also for later processes; None for none.

    Attributes:
        size: bytes in use in memory.
        hits: vectors that were found.
        misses: vectors that were not found.
    """

    def __init__(self, memory_limit: int, file: VectorFile | None = None) -> None:
        self._limit = memory_limit
        self._file = file
        self._entries: OrderedDict[tuple[str, str], CachedVector] = OrderedDict()
        self._lock = threading.Lock()
        self.size = self.hits = self.misses = 0

    def find(self, encoder: Encoder, mode: str, texts: Iterable[str]) -> dict[str, CachedVector]:
        """The vectors of those texts that are cached.

        Args:
            encoder: the model.
            mode: prompt and truncation.
            texts: different texts.
        """
        if not (self._limit or self._file):
            return {}
        scope = f"{encoder.fingerprint} {mode}"
        found: dict[str, CachedVector] = {}
        missing: list[str] = []
        with self._lock:
            for text in texts:
                if entry := self._entries.get((scope, text)):
                    self._entries.move_to_end((scope, text))
                    found[text] = entry
                else:
                    missing.append(text)
        if self._file and missing:
            stored = {
                text: CachedVector(np.frombuffer(each.vector, np.float32), each.seen, each.read)
                for text, each in self._file.find(scope, missing).items()
            }
            self._remember(scope, stored)
            found |= stored
        self.hits += len(found)
        self.misses += len(missing) - sum(text in found for text in missing)
        return found

    def add(self, encoder: Encoder, mode: str, vectors: Mapping[str, CachedVector]) -> None:
        """Cache the vectors of texts, and drop those not used for longest beyond the limit."""
        if not (self._limit or self._file):
            return
        scope = f"{encoder.fingerprint} {mode}"
        self._remember(scope, vectors)
        if self._file:
            self._file.add(
                scope,
                {
                    text: StoredVector(each.vector.tobytes(), each.seen, each.read)
                    for text, each in vectors.items()
                },
            )

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _remember(self, scope: str, vectors: Mapping[str, CachedVector]) -> None:
        if not self._limit:
            return
        with self._lock:
            for text, entry in vectors.items():
                if (scope, text) not in self._entries:
                    # a row of a batch would hold the whole batch in memory
                    self._entries[scope, text] = entry._replace(vector=entry.vector.copy())
                    self.size += _bytes(text, entry)
            while self.size > self._limit:
                (_, text), entry = self._entries.popitem(last=False)
                self.size -= _bytes(text, entry)


def _bytes(text: str, entry: CachedVector) -> int:
    return OVERHEAD + len(text) + entry.vector.nbytes
