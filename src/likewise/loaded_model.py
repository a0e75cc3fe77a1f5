"""The base class of loaded models."""

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
    """A checkpoint and its runtime: the base class of `Encoder` and `Reranker`.

    Attributes:
        name: catalogue name, hub id, or name of the folder.
        location: the folder of its files, and their source.
        config: the configuration of the checkpoint.
        load_seconds: time it took to load.
    """

    restore: Callable[[Mapping[str, Any]], Self] | None = None
    """Loads a model from the settings it was pickled with; set by the function that loaded it."""

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
        """Maximum number of tokens of the input, special tokens included."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Hash of everything that determines the results: 32 hex digits."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings and the function that loads the model, not the weights."""
        if self.restore is None:
            raise InputError(
                f"{self!r} cannot be pickled: it was not loaded by name",
                hint="load it with likewise.load or likewise.load_reranker",
            )
        return self.restore, (self._settings(),)

    def __copy__(self) -> Self:
        """A model with its own settings that shares the weights."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Like `__copy__`: weights are shared, since they never change."""
        memo[id(self)] = copied = self.__copy__()
        return copied

    def _settings(self) -> dict[str, Any]:
        """The settings that `restore` needs for a model with the same results."""
        return {
            "name": self.reference,
            "revision": self.location.commit,
            "compute": self.compute,
            "max_seq_length": self.max_seq_length,
            "fingerprint": self.fingerprint,
        }

    def verify(self, fingerprint: str) -> None:
        """Compare the fingerprint with that of a pickled model.

        Raises:
            FingerprintError: they differ, so the results may differ.
        """
        if self.fingerprint != fingerprint:
            raise FingerprintError(
                f"{self.name} gives other results than the model that was pickled: its files have "
                "changed since, or this machine uses another number format",
                hint="load it again, and refit what was fitted on its results",
            )

    @property
    def reference(self) -> str:
        """A name or absolute path that loads it from any working folder."""
        return self.location.reference

    @property
    def compute(self) -> str:
        """Number format of the network: `float32`, `bfloat16` or `int8`."""
        return self._runtime.compute

    @property
    def runtime(self) -> str:
        """The runtime: `native`, `openvino`, `torch` or `table`."""
        return self._runtime.kind

    @property
    def runtime_reason(self) -> str:
        """The runtime, the number format and the reason for the choice: one line for people."""
        return self._runtime.reason

    @property
    def device(self) -> str:
        """The device it runs on, such as `cpu`."""
        return self._runtime.device

    @cached_property
    def parameters(self) -> int:
        """Number of weights."""
        (first, *_) = weight_files(self.config.folder)
        if first.suffix == ".onnx":
            from likewise.engine.openvino import onnx  # imports OpenVINO

            return onnx.parameter_count(first)
        return parameter_count(self.config.folder)


def checked_length(location: Location, length: int, minimum: int, maximum: int) -> int:
    """A `max_seq_length` that the user chose.

    Args:
        location: the model, for errors.
        length: the chosen number of tokens.
        minimum: smallest valid number.
        maximum: the checkpoint's maximum length.

    Raises:
        InputError: it is out of range.
    """
    if not minimum <= length <= maximum:
        raise InputError(
            f"max_seq_length is {length}, {location.name} reads {minimum} to {maximum} tokens",
            hint="choose a length in that range",
        )
    return length
