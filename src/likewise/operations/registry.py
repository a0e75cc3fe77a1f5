"""A cache of loaded models: each is loaded once, the least recently used is dropped first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

from likewise.encoder import Encoder
from likewise.loaded_model import LoadedModel
from likewise.loading import load
from likewise.reranker import Reranker, load_reranker

M = TypeVar("M", bound=LoadedModel)

MEMORY_LIMIT = 4 * 2**30
"""Bytes of weights held in memory by default."""

BYTES_PER_WEIGHT = {"int8": 1, "bfloat16": 2, "float16": 2}
"""Number formats that do not take 4 bytes per weight."""

Loader = Callable[[str, str, str], Encoder]
"""Loads a model, given its name, compute and device."""


Kind = Literal["encoder", "reranker"]


class ModelKey(NamedTuple):
    """Identifies a loaded model."""

    model: str
    compute: str
    device: str
    kind: Kind = "encoder"


@dataclass
class _LoadLock:
    """Held by the thread that loads a model; `users` also counts the threads that wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class ModelRegistry:
    """Loads each model once. Safe to use from several threads.

    A dropped model remains usable by callers that still hold it.

    Args:
        memory_limit: bytes of weights held in memory; the model used last is never dropped.
        loader: loads an encoder; `likewise.load` when not given.
    """

    def __init__(self, memory_limit: int = MEMORY_LIMIT, loader: Loader | None = None) -> None:
        self._memory_limit = memory_limit
        self._loader = loader or _load
        self._loaded: OrderedDict[ModelKey, LoadedModel] = OrderedDict()
        self._pinned: set[ModelKey] = set()
        self._loading: dict[ModelKey, _LoadLock] = {}
        self._lock = threading.Lock()

    def peek(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder | None:
        """The encoder if it is loaded, else None; counts as a use."""
        found = self._peek(ModelKey(model, compute, device))
        return found if isinstance(found, Encoder) else None

    def get(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder:
        """The encoder, loaded if it is not loaded yet.

        Raises:
            CheckpointError: its files cannot be found or used.
            EngineError: the engine refused.
        """
        key = ModelKey(model, compute, device)
        return self._get(key, Encoder, lambda: self._loader(model, compute, device))

    def peek_reranker(self, model: str, compute: str = "auto") -> Reranker | None:
        """The cross-encoder if it is loaded, else None; counts as a use."""
        found = self._peek(ModelKey(model, compute, "cpu", "reranker"))
        return found if isinstance(found, Reranker) else None

    def get_reranker(self, model: str, compute: str = "auto") -> Reranker:
        """The cross-encoder, loaded if it is not loaded yet.

        Raises:
            CheckpointError: its files cannot be found or used.
            EngineError: the engine refused.
        """
        key = ModelKey(model, compute, "cpu", "reranker")
        return self._get(key, Reranker, lambda: load_reranker(model, compute=compute))

    def pin(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder:
        """Load a model, and never drop it to save memory.

        Raises:
            CheckpointError: its files cannot be found or used.
            EngineError: the engine refused.
        """
        with self._lock:
            self._pinned.add(ModelKey(model, compute, device))
        return self.get(model, compute, device)

    def reload(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder:
        """Load a model again; the loaded one is used until the new one is ready.

        Raises:
            CheckpointError: its files cannot be used; the loaded model stays.
            EngineError: the engine refused; the loaded model stays.
        """
        key = ModelKey(model, compute, device)
        encoder = self._loader(model, compute, device)
        with self._lock:
            self._loaded[key] = encoder
        return encoder

    def sizes(self) -> dict[ModelKey, int]:
        """Bytes of weights of each loaded model."""
        with self._lock:
            return {key: _bytes(model) for key, model in self._loaded.items()}

    def unload(self, model: str, compute: str = "auto", device: str = "auto") -> bool:
        """Drop an encoder; False if it was not loaded."""
        with self._lock:
            return self._loaded.pop(ModelKey(model, compute, device), None) is not None

    def forget(self, model: str) -> None:
        """Drop a model in every number format, because its files change."""
        with self._lock:
            for key in [key for key in self._loaded if key.model == model]:
                del self._loaded[key]

    def _peek(self, key: ModelKey) -> LoadedModel | None:
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
            return self._loaded.get(key)

    def _get(self, key: ModelKey, kind: type[M], load_model: Callable[[], M]) -> M:
        with self._load_lock(key):
            found = self._peek(key)
            model = found if isinstance(found, kind) else load_model()
            with self._lock:
                self._loaded[key] = model
                self._loaded.move_to_end(key)
                self._drop_oldest()
            return model

    @contextmanager
    def _load_lock(self, key: ModelKey) -> Iterator[None]:
        """A lock for each model that is being loaded; removed when its last user leaves."""
        with self._lock:
            entry = self._loading.setdefault(key, _LoadLock())
            entry.users += 1
        try:
            with entry.lock:
                yield
        finally:
            with self._lock:
                entry.users -= 1
                if not entry.users:
                    del self._loading[key]

    def _drop_oldest(self) -> None:
        sizes = {key: _bytes(model) for key, model in self._loaded.items()}
        for key in [key for key in list(self._loaded)[:-1] if key not in self._pinned]:
            if sum(sizes[k] for k in self._loaded) <= self._memory_limit:
                return
            del self._loaded[key]


def _load(model: str, compute: str, device: str) -> Encoder:
    return load(model, compute=compute, device=device)


def _bytes(model: LoadedModel) -> int:
    return model.parameters * BYTES_PER_WEIGHT.get(model.compute, 4)
