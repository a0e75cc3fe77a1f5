"""A cache of compiled graphs next to their files; loading takes a third of the compile time."""

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
"""Settings that may differ between compiling a graph and loading it from the cache."""


def compile_cached(graph: Path, settings: Settings) -> ov.CompiledModel:
    """The compiled graph of an OpenVINO IR file, from the cache if possible.

    The cache key contains the release of OpenVINO, the processor, the state of the graph and the
    settings. The file name contains the hash of the content; on a mismatch the graph is compiled.

    Args:
        graph: the `.xml` file; the `.compiled` files are next to it.
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
    with contextlib.suppress(OSError, OutputError):  # a read-only cache is not an error
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
