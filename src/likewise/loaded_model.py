"""What every loaded model says of itself, whatever it is for."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Self

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import parameter_count, weight_files
from likewise.engine.contract import Runtime
from likewise.errors import FingerprintError, InputError
from likewise.hub.locate import Location

_log = logging.getLogger("likewise")


class LoadedModel(ABC):
    """A checkpoint and what runs it: the part that encoders and rerankers share.

    Attributes:
        name: what it was loaded as.
        location: where its files lie, and where they came from.
        config: what its files say.
        load_seconds: time it took to load.
    """

    restore: Callable[[Mapping[str, Any]], Self] | None = None
    """Loads a model again from its settings; set by the function that loaded it."""

    def __init__(
        self, location: Location, config: Config, runtime: Runtime, load_seconds: float
    ) -> None:
        self.name = location.name
        self.location = location
        self.config = config
        self.load_seconds = load_seconds
        self._runtime = runtime
        _log.info("%s: %s", self.name, runtime.reason)

    @property
    @abstractmethod
    def max_seq_length(self) -> int:
        """Tokens that are read, special ones included."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Hash of everything that shapes the results: 32 hex digits."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by what loads it again and by its settings, not by its weights."""
        if self.restore is None:
            raise InputError(
                f"{self!r} cannot be pickled: it was put together from its parts",
                hint="load it with likewise.load or likewise.load_reranker",
            )
        return self.restore, (self._settings(),)

    def __copy__(self) -> Self:
        """Another model with settings of its own and the same weights."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """See `__copy__`: weights are never changed, so they are shared."""
        memo[id(self)] = copied = self.__copy__()
        return copied

    def _settings(self) -> dict[str, Any]:
        """What `restore` needs to give a model with the same results."""
        return {
            "name": self.reference,
            "revision": self.location.commit,
            "compute": self.compute,
            "max_seq_length": self.max_seq_length,
            "fingerprint": self.fingerprint,
        }

    def verify(self, fingerprint: str) -> None:
        """Hold the model against the fingerprint of one that was pickled.

        Raises:
            FingerprintError: it gives other results.
        """
        if self.fingerprint != fingerprint:
            raise FingerprintError(
                f"{self.name} gives other results than the model that was pickled: its files have "
                "changed since, or this machine runs it otherwise",
                hint="load it again, and fit again what was fitted on its results",
            )

    @property
    def reference(self) -> str:
        """What loads it again, from any working folder."""
        return self.location.reference

    @property
    def compute(self) -> str:
        """Number format of the network: `float32`, `bfloat16` or `int8`."""
        return self._runtime.compute

    @property
    def runtime(self) -> str:
        """What runs it: `native`, `openvino`, `torch` or `table`."""
        return self._runtime.kind

    @property
    def runtime_reason(self) -> str:
        """What runs it, in which number format, and why: one line for people."""
        return self._runtime.reason

    @property
    def device(self) -> str:
        """Where it runs, such as `cpu`."""
        return self._runtime.device

    @cached_property
    def parameters(self) -> int:
        """Number of weights."""
        (first, *_) = weight_files(self.config.folder)
        if first.suffix == ".onnx":
            from likewise.engine.openvino import onnx  # OpenVINO comes with it

            return onnx.parameter_count(first)
        return parameter_count(self.config.folder)
