"""Compiled graphs kept beside the files they were compiled from: read in a third of the time."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from likewise.atomic import atomic
from likewise.engine.openvino.bindings import ov
from likewise.errors import OutputError
from likewise.hub.verification import file_hash

Settings = Mapping[str, str]

_ANY = ("NUM_STREAMS", "INFERENCE_NUM_THREADS")
"""Settings that may be others when a compiled graph is read than when it was compiled."""


def compile_cached(graph: Path, settings: Settings) -> ov.CompiledModel:
    """A graph of OpenVINO's own files, compiled; out of what an earlier call kept, where it did.

    What is kept is for this release of OpenVINO, this kind of processor, this state of the graph
    and these settings. It carries its own hash in its name, and is made anew where that is wrong.

    Args:
        graph: the `.xml` file; `.compiled` files are kept beside it.
        settings: OpenVINO's, for the CPU.

    Raises:
        RuntimeError: OpenVINO refused.
    """
    core = ov.Core()
    key = _key(core, graph, settings)
    for path in graph.parent.glob(f"{key}-*.compiled"):
        with contextlib.suppress(OSError, RuntimeError):
            if file_hash(path).startswith(path.stem.split("-")[1]):
                content = ov.Tensor(np.fromfile(path, dtype=np.uint8))
                return core.import_model(content, "CPU", dict(settings))
        with contextlib.suppress(OSError):
            path.unlink()
    compiled = core.compile_model(core.read_model(graph), "CPU", dict(settings))
    with contextlib.suppress(OSError, OutputError):  # a cache that cannot be written is no error
        content = compiled.export_model().getvalue()
        name = f"{key}-{hashlib.sha256(content).hexdigest()[:32]}.compiled"
        with atomic(graph.parent / name) as file:
            file.write(content)
    return compiled


def _key(core: ov.Core, graph: Path, settings: Settings) -> str:
    weights = graph.with_suffix(".bin").stat()
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    parts = (
        ov.get_version(),
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        sorted(capabilities),
        weights.st_size,
        weights.st_mtime_ns,
        sorted((name, value) for name, value in settings.items() if name not in _ANY),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
