"""The models that a server answers with: loaded on first use, and again when their files change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from likewise.checkpoint.inventory import inventory
from likewise.encoder import Encoder
from likewise.errors import LikewiseError, ModelNotFoundError, UnsupportedModelError
from likewise.operations.registry import ModelRegistry
from likewise.reranker import Reranker, is_cross_encoder
from likewise.server.folder_files import folder_files

Files = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of each file of a model."""

_log = logging.getLogger("likewise.server")


class ServedModels:
    """The models that clients may name.

    Args:
        registry: loads models, and drops those not used for longest.
        names: models that are served, wherever they are, such as folders.
        only: serve no others; else every model on this machine is served, too.
        compute: number format of the networks.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        names: Iterable[str] = (),
        *,
        only: bool = False,
        compute: str = "auto",
    ) -> None:
        self.registry = registry
        self.compute = compute
        self._names = frozenset(names)
        self._only = only
        self._admitted: set[str] = set()
        self._files: dict[str, Files] = {}
        self._loader = ThreadPoolExecutor(2, "likewise-loader")

    async def get(self, name: str) -> Encoder:
        """The model of a name, loaded where it is not loaded yet.

        Raises:
            ModelNotFoundError: it is not served, or not on this machine.
            CheckpointError: its files cannot be used.
        """
        if name in self._admitted and (found := self.registry.peek(name, self.compute)):
            return found
        return await asyncio.get_running_loop().run_in_executor(self._loader, self._load, name)

    async def scorer(self, name: str) -> Encoder | Reranker:
        """The model of a name, which may be a cross-encoder.

        Raises:
            ModelNotFoundError: it is not served, or not on this machine.
            CheckpointError: its files cannot be used.
        """
        if name in self._admitted and (found := self._peek(name)):
            return found
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._loader, self._load_scorer, name)

    def _peek(self, name: str) -> Encoder | Reranker | None:
        registry = self.registry
        return registry.peek(name, self.compute) or registry.peek_reranker(name, self._pair_compute)

    @property
    def _pair_compute(self) -> str:
        """Number format of cross-encoders, which do not have all of them."""
        return self.compute if self.compute in ("float32", "bfloat16") else "auto"

    def listed(self) -> list[str]:
        """Names of the models that are served."""
        return sorted(self._names | (set() if self._only else {each.name for each in inventory()}))

    async def pin(self, name: str) -> None:
        """Load a model before it is used; it is never dropped to save memory.

        Raises:
            CheckpointError: its files cannot be found or used.
        """
        await self.get(name)
        await asyncio.to_thread(self.registry.pin, name, self.compute)

    async def watch(self, interval: float = 5.0) -> None:
        """Load models again when their files have changed and rest; runs until it is cancelled.

        Args:
            interval: seconds between two looks.
        """
        loop = asyncio.get_running_loop()
        known = self._files
        changed: dict[str, Files] = {}
        while True:
            for name in list(self._admitted):
                if not (encoder := self.registry.peek(name, self.compute)):
                    continue
                files = await asyncio.to_thread(_files, encoder.location.folder)
                if files == known.setdefault(name, files):
                    continue
                if changed.get(name) == files:  # they are no longer being written
                    known[name] = files
                    await loop.run_in_executor(self._loader, self._reload, name)
                changed[name] = files
            await asyncio.sleep(interval)

    def _reload(self, name: str) -> None:
        try:
            self.registry.reload(name, self.compute)
            _log.info("%s was loaded again: its files have changed", name)
        except LikewiseError as error:
            _log.warning("the changed files of %s cannot be used: %s", name, error)

    def close(self) -> None:
        """Wait for models that are being loaded."""
        self._loader.shutdown()

    def _load(self, name: str) -> Encoder:
        self._check_served(name)
        if is_cross_encoder(name):
            raise UnsupportedModelError(
                f"{name} is a cross-encoder and has no embeddings",
                hint="use it for reranking: /rerank, /v1/rerank or /v2/rerank",
            )
        encoder = self.registry.get(name, self.compute)
        # at once: what changes before the first look is a change too
        self._files.setdefault(name, _files(encoder.location.folder))
        self._admitted.add(name)
        return encoder

    def _load_scorer(self, name: str) -> Encoder | Reranker:
        self._check_served(name)
        if not is_cross_encoder(name):
            return self._load(name)
        reranker = self.registry.get_reranker(name, self._pair_compute)
        self._admitted.add(name)
        return reranker

    def _check_served(self, name: str) -> None:
        listed = self.listed()
        if name not in listed and (self._only or name not in _hub_ids()):
            raise ModelNotFoundError(
                f"the model {name!r} is not served here",
                hint=f"served: {', '.join(listed) or 'none'}",
            )


def _files(folder: Path) -> Files:
    return tuple(
        (path.name, status.st_size, status.st_mtime_ns) for path, status in folder_files(folder)
    )


def _hub_ids() -> set[str]:
    return {each.entry.hub_id for each in inventory() if each.entry}
