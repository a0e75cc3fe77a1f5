"""The models that a server answers with: loaded on first use, and again when their files change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from likewise.checkpoint.inventory import inventory
from likewise.encoder import Encoder
from likewise.errors import ModelNotFoundError
from likewise.operations.registry import ModelRegistry


class ServedModels:
    """The models that clients may name.

    Args:
        registry: loads models, and drops those not used for longest.
        names: the only models that are served; every model on this machine when empty.
        compute: number format of the networks.
    """

    def __init__(
        self, registry: ModelRegistry, names: Iterable[str] = (), *, compute: str = "auto"
    ) -> None:
        self.registry = registry
        self.compute = compute
        self._allowed = frozenset(names)
        self._admitted: set[str] = set()
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

    def listed(self) -> list[str]:
        """Names of the models that are served: those given, or those on this machine."""
        return sorted(self._allowed) or sorted({each.name for each in inventory()})

    def close(self) -> None:
        """Wait for models that are being loaded."""
        self._loader.shutdown()

    def _load(self, name: str) -> Encoder:
        listed = self.listed()
        if name not in listed and name not in _hub_ids():
            raise ModelNotFoundError(
                f"the model {name!r} is not served here",
                hint=f"served: {', '.join(listed) or 'none'}",
            )
        encoder = self.registry.get(name, self.compute)
        self._admitted.add(name)
        return encoder


def _hub_ids() -> set[str]:
    return {each.entry.hub_id for each in inventory() if each.entry}
