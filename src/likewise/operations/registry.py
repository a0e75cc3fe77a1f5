"""Loaded models, shared: each is loaded once, and the least recently used one is dropped first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from likewise.encoder import Encoder
from likewise.loading import load

MEMORY_LIMIT = 4 * 2**30
"""Bytes of weights that stay in memory by default."""

BYTES_PER_WEIGHT = {"int8": 1, "bfloat16": 2, "float16": 2}
"""For computes other than float32, which has 4."""

Loader = Callable[[str, str, str], Encoder]
"""Model, compute and device to a loaded model."""


class ModelKey(NamedTuple):
    """What a loaded model is found by."""

    model: str
    compute: str
    device: str


@dataclass
class _Turn:
    """Who loads a model while others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class ModelRegistry:
    """Loads each model once. Safe to use from several threads.

    A model that is dropped stays usable for whoever is still computing with it.

    Args:
        memory_limit: bytes of weights that stay in memory; the model used last always stays.
        loader: loads a model; `likewise.load` when not given.
    """

    def __init__(self, memory_limit: int = MEMORY_LIMIT, loader: Loader | None = None) -> None:
        self._memory_limit = memory_limit
        self._loader = loader or _load
        self._loaded: OrderedDict[ModelKey, Encoder] = OrderedDict()
        self._pinned: set[ModelKey] = set()
        self._loading: dict[ModelKey, _Turn] = {}
        self._lock = threading.Lock()

    def peek(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder | None:
        """The model if it is loaded, which counts as a use; never loads it."""
        key = ModelKey(model, compute, device)
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
            return self._loaded.get(key)

    def get(self, model: str, compute: str = "auto", device: str = "auto") -> Encoder:
        """The model, loaded if it is not loaded yet.

        Raises:
            CheckpointError: its files cannot be found or used.
            EngineError: the engine refused.
        """
        key = ModelKey(model, compute, device)
        with self._turn(key):
            encoder = self.peek(*key) or self._loader(*key)
            with self._lock:
                self._loaded[key] = encoder
                self._loaded.move_to_end(key)
                self._drop_oldest()
            return encoder

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
        encoder = self._loader(*key)
        with self._lock:
            self._loaded[key] = encoder
        return encoder

    def sizes(self) -> dict[ModelKey, int]:
        """Bytes of weights of each loaded model."""
        with self._lock:
            return {key: _bytes(encoder) for key, encoder in self._loaded.items()}

    def unload(self, model: str, compute: str = "auto", device: str = "auto") -> bool:
        """Drop a model; False if it was not loaded."""
        with self._lock:
            return self._loaded.pop(ModelKey(model, compute, device), None) is not None

    @contextmanager
    def _turn(self, key: ModelKey) -> Iterator[None]:
        """One thread at a time loads a model; the lock goes with the last that waits for it."""
        with self._lock:
            turn = self._loading.setdefault(key, _Turn())
            turn.users += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.users -= 1
                if not turn.users:
                    del self._loading[key]

    def _drop_oldest(self) -> None:
        sizes = {key: _bytes(encoder) for key, encoder in self._loaded.items()}
        for key in [key for key in list(self._loaded)[:-1] if key not in self._pinned]:
            if sum(sizes[k] for k in self._loaded) <= self._memory_limit:
                return
            del self._loaded[key]


def _load(model: str, compute: str, device: str) -> Encoder:
    return load(model, compute=compute, device=device)


def _bytes(encoder: Encoder) -> int:
    return encoder.parameters * BYTES_PER_WEIGHT.get(encoder.compute, 4)
