"""Vectors of texts that were encoded before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder

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


class Scope:
    """The vectors of one model, prompt and truncation.

    Args:
        cache: the cache.
        key: what they have in common.
    """

    def __init__(self, cache: VectorCache, key: tuple[str, str, str]) -> None:
        self._cache, self._key = cache, key

    def get(self, text: str) -> CachedVector | None:
        """The vector of a text; None where it is not cached."""
        return self._cache.find((*self._key, text))

    def put(self, vectors: Mapping[str, CachedVector]) -> None:
        """Cache the vectors of some texts."""
        self._cache.add(((*self._key, text), vector) for text, vector in vectors.items())


class VectorCache:
    """The vectors used last, in memory. Safe to use from several threads.

    Args:
        memory_limit: bytes; 0 caches nothing.

    Attributes:
        size: bytes in use.
        hits: vectors that were found.
        misses: vectors that were not found.
    """

    def __init__(self, memory_limit: int) -> None:
        self._limit = memory_limit
        self.size = 0
        self._entries: OrderedDict[tuple[str, str, str, str], CachedVector] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    def of(self, encoder: Encoder, prefix: str, truncation: str) -> Scope:
        """The vectors of a model, a prompt and a truncation."""
        key = encoder.fingerprint if self._limit else ""
        return Scope(self, (key, prefix, truncation))

    def find(self, key: tuple[str, str, str, str]) -> CachedVector | None:
        """An entry; it is then the one used last."""
        if not self._limit:
            return None
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
            return entry

    def add(self, entries: Iterable[tuple[tuple[str, str, str, str], CachedVector]]) -> None:
        """Cache entries, and drop those not used for longest beyond the limit."""
        if not self._limit:
            return
        with self._lock:
            for key, entry in entries:
                if key in self._entries:
                    continue
                self._entries[key] = entry._replace(vector=entry.vector.copy())
                self.size += _bytes(key[-1], entry)
            while self.size > self._limit:
                (*_, text), entry = self._entries.popitem(last=False)
                self.size -= _bytes(text, entry)


def _bytes(text: str, entry: CachedVector) -> int:
    return OVERHEAD + len(text) + entry.vector.nbytes
