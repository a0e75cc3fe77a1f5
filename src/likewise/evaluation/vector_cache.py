"""A cache of vectors on disk, by fingerprint and text."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.cache import cache_folder
from likewise.errors import OutputError
from likewise.evaluation.contract import Role, TextEncoder
from likewise.executor import Executor, LocalExecutor
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix, as_matrix

BATCH = 1024
"""Texts encoded and stored at once; an interruption loses at most these."""
SMALLEST_TASK = 64
"""Fewest texts of a task of an executor."""
TASKS_PER_WORKER = 4
"""Tasks of each worker that are aimed at."""


def default_cache() -> Path:
    """The default folder of cached vectors."""
    return cache_folder() / "vectors"


class CachedEncoder:
    """A model whose vectors are cached on disk; an interrupted run continues where it stopped.

    Models share cached vectors only if their fingerprints and prompts are equal. The vectors of a
    model without a fingerprint are cached only in memory.

    Attributes:
        model: the model.
        path: the cache file; `:memory:` if vectors are not written to disk.

    Args:
        model: any object with `encode`.
        folder: of the cache files; when not given, a folder in the cache of Likewise.
        persist: whether vectors are written to disk.
        executor: encodes more than `BATCH` texts; fewer are encoded here sooner than a worker
            loads the model. None encodes all here.
        progress: shows the texts that are encoded.
    """

    def __init__(
        self,
        model: TextEncoder,
        folder: Path | None = None,
        *,
        persist: bool = True,
        executor: Executor | None = None,
        progress: ProgressFactory = no_progress,
    ) -> None:
        self.model = model
        self._executor = executor
        self._progress = progress
        fingerprint = getattr(model, "fingerprint", None)
        prompts = sorted(dict(getattr(model, "prompts", None) or {}).items())
        self._has_prompts = bool(prompts)
        if fingerprint is None or not persist:
            self.path: Path | str = ":memory:"
        else:
            digest = hashlib.sha256(f"{fingerprint}|{prompts}".encode()).hexdigest()[:32]
            self.path = (folder or default_cache()) / f"{digest}.sqlite"
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
        self._store.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, row BLOB)")

    def close(self) -> None:
        """Close the cache file."""
        self._store.close()

    def encode(self, sentences: Sequence[str]) -> Matrix:
        """Vectors of texts, encoded unless they are cached: float32 `[n, dimension]`."""
        return self._encode(sentences, "text")

    def encode_query(self, sentences: Sequence[str]) -> Matrix:
        """Vectors of queries, with the model's prompt: float32 `[n, dimension]`."""
        return self._encode(sentences, "query")

    def encode_document(self, sentences: Sequence[str]) -> Matrix:
        """Vectors of documents, with the model's prompt: float32 `[n, dimension]`."""
        return self._encode(sentences, "document")

    def _encode(self, sentences: Sequence[str], role: Role) -> Matrix:
        texts = list(sentences)
        if not texts:
            return as_matrix(self.model.encode([]))
        role = role if self._has_prompts else "text"
        keys = [_key(role, text) for text in texts]
        cached = self._cached(keys)
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in cached}
        # texts of similar length together, to reduce padding
        todo = sorted(missing.items(), key=lambda item: len(item[1]), reverse=True)
        executor = self._executor if self._executor and len(todo) > BATCH else LocalExecutor()
        size = _task_size(len(todo), executor.workers)
        parts = [todo[start : start + size] for start in range(0, len(todo), size)]
        tasks = [[text for _, text in part] for part in parts]
        progress = self._progress if todo else no_progress
        with progress(len(todo), title="encoding") as advance:
            for finished in executor.run(EncodeRole(self.model, role), tasks):
                part, rows = parts[finished.number], finished.result
                self._store_rows([key for key, _ in part], rows)
                cached.update(zip((key for key, _ in part), rows, strict=True))
                advance(len(part))
        return np.stack([cached[key] for key in keys])

    def _cached(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        distinct = list(dict.fromkeys(keys))
        for start in range(0, len(distinct), 500):
            part = distinct[start : start + 500]
            placeholders = ",".join("?" * len(part))
            query = f"SELECT key, row FROM vectors WHERE key IN ({placeholders})"
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
                hint="free some space, or turn the cache off with --no-cache",
            ) from error


@dataclass(frozen=True)
class EncodeRole:
    """Encodes texts that are sent as the task, in their role."""

    model: TextEncoder
    role: Role

    def start(self) -> Callable[[list[str]], Any]:
        """The method of the model for this role."""
        encode: Callable[[list[str]], Any] = getattr(
            self.model, f"encode_{self.role}", self.model.encode
        )
        return encode

    def run(self, state: Callable[[list[str]], Any], task: list[str]) -> Matrix:
        """Vectors of the texts."""
        return as_matrix(state(task))


def _task_size(texts: int, workers: int) -> int:
    """Texts of a task, so that all workers end at about the same time."""
    if workers == 1:
        return BATCH
    return max(SMALLEST_TASK, min(BATCH, texts // (TASKS_PER_WORKER * workers)))


def _key(role: Role, text: str) -> bytes:
    return hashlib.sha256(f"{role}|{text}".encode("utf-8", "surrogatepass")).digest()
