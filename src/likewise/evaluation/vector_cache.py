"""Vectors cached on disk by fingerprint and text, so that nothing is encoded twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from likewise.cache import cache_folder
from likewise.errors import OutputError
from likewise.evaluation.contract import Role, TextEncoder
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix, as_matrix

CHUNK = 1024
"""Texts encoded and stored together: what an interruption can lose."""


def default_cache() -> Path:
    """Folder of cached vectors when none is named."""
    return cache_folder() / "vectors"


class CachedEncoder:
    """A model whose vectors are cached on disk; an interrupted run continues where it stopped.

    Two models share vectors only where their fingerprints and prompts agree. A model without a
    fingerprint cannot be told from another, so its vectors live in memory alone.

    Attributes:
        model: the model itself.
        path: the file of its vectors; `:memory:` where they are not written to disk.

    Args:
        model: anything with `encode`.
        folder: of the files; that of the project's cache when not given.
        persist: whether vectors are written to disk.
        progress: shows the texts that are encoded.
    """

    def __init__(
        self,
        model: TextEncoder,
        folder: Path | None = None,
        *,
        persist: bool = True,
        progress: ProgressFactory = no_progress,
    ) -> None:
        self.model = model
        self._progress = progress
        mark = getattr(model, "fingerprint", None)
        prompts = sorted(dict(getattr(model, "prompts", None) or {}).items())
        self._prompted = bool(prompts)
        if mark is None or not persist:
            self.path: Path | str = ":memory:"
        else:
            digest = hashlib.sha256(f"{mark}|{prompts}".encode()).hexdigest()[:32]
            self.path = (folder or default_cache()) / f"{digest}.sqlite"
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
        self._store.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, row BLOB)")

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def encode(self, sentences: Sequence[str]) -> Matrix:
        """Vectors of texts: float32 `[n, dimension]`; only those not cached yet are encoded."""
        return self._encode(sentences, "text")

    def encode_query(self, sentences: Sequence[str]) -> Matrix:
        """The same of queries, with the model's prompt for them."""
        return self._encode(sentences, "query")

    def encode_document(self, sentences: Sequence[str]) -> Matrix:
        """The same of documents, with the model's prompt for them."""
        return self._encode(sentences, "document")

    def _encode(self, sentences: Sequence[str], role: Role) -> Matrix:
        texts = list(sentences)
        if not texts:
            return as_matrix(self.model.encode([]))
        role = role if self._prompted else "text"
        keys = [_key(role, text) for text in texts]
        known = self._known(keys)
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in known}
        # like lengths together, so that little of a batch is padding
        todo = sorted(missing.items(), key=lambda item: len(item[1]), reverse=True)
        encode = getattr(self.model, f"encode_{role}", self.model.encode)
        progress = self._progress if todo else no_progress
        with progress(len(todo), title="encoding") as advance:
            for start in range(0, len(todo), CHUNK):
                part = todo[start : start + CHUNK]
                rows = as_matrix(encode([text for _, text in part]))
                self._store_rows([key for key, _ in part], rows)
                known.update(zip((key for key, _ in part), rows, strict=True))
                advance(len(part))
        return np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, row FROM vectors WHERE key IN ({marks})"
            with closing(self._store.execute(query, part)) as rows:
                found.update((key, np.frombuffer(row, np.float32)) for key, row in rows)
        return found

    def _store_rows(self, keys: Sequence[bytes], rows: Matrix) -> None:
        values = ((key, row.tobytes()) for key, row in zip(keys, rows, strict=True))
        try:
            with self._store:
                self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", values)
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"cannot store vectors in {self.path}: {error}",
                hint="free some space, or go without with --no-cache",
            ) from error


def _key(role: Role, text: str) -> bytes:
    return hashlib.sha256(f"{role}|{text}".encode("utf-8", "surrogatepass")).digest()
