"""What every loaded model says of itself, whatever it is for."""

from __future__ import annotations

import logging
from functools import cached_property

from likewise.checkpoint.config import Config
from likewise.checkpoint.locate import Location
from likewise.checkpoint.weights import parameter_count, weight_files
from likewise.engine.contract import Runtime

_log = logging.getLogger("likewise")


class LoadedModel:
    """A checkpoint and what runs it: the part that encoders and rerankers share.

    Attributes:
        name: what it was loaded as.
        location: where its files lie, and where they came from.
        config: what its files say.
        load_seconds: time it took to load.
    """

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
