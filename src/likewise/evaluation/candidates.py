"""Who takes part in a bake-off: a model at a number format, its vectors whole or made smaller."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.errors import EngineError
from likewise.evaluation.contract import TextEncoder
from likewise.vectors import Matrix, Precision, as_matrix, normalize, quantize, truncate

BYTES = {"float32": 4.0, "int8": 1.0, "binary": 0.125}
"""Bytes a dimension takes."""


@dataclass(frozen=True)
class Candidate:
    """A model at a number format, its vectors in a form.

    Attributes:
        model: what it is loaded as.
        compute: number format of the network.
        dimension: dimensions kept.
        precision: number format of the vectors.
    """

    model: str
    compute: str
    dimension: int
    precision: Precision = "float32"

    @property
    def label(self) -> str:
        """What it is called in tables."""
        return f"{self.model} {self.compute} · {self.dimension} × {self.precision}"

    @property
    def vector_bytes(self) -> int:
        """Bytes one vector takes."""
        return int(np.ceil(self.dimension * BYTES[self.precision]))


@dataclass(frozen=True)
class Cost:
    """What it costs to run a model, measured in a process of its own.

    Attributes:
        start_seconds: from the start of Python to the first vector.
        texts_per_second: over the texts measured, the best of two passes.
        memory_mb: highest resident memory of the process, in MB.
    """

    start_seconds: float
    texts_per_second: float
    memory_mb: float


class Shaped:
    """A model whose vectors are cut and quantized, then read back: what a small index would see."""

    def __init__(self, model: TextEncoder, contestant: Candidate, ranges: Matrix) -> None:
        self._model = model
        self._contestant = contestant
        self._ranges = ranges

    def _shape(self, matrix: Matrix) -> Matrix:
        cut = truncate(matrix, self._contestant.dimension)
        if self._contestant.precision == "binary":
            return np.where(cut > 0, np.float32(1), np.float32(-1))
        if self._contestant.precision == "int8":
            low, high = self._ranges[:, : cut.shape[1]]
            codes = quantize(cut, "int8", ranges=np.stack([low, high])).astype(np.float32)
            return np.asarray(low + (codes + 128.5) * (high - low) / 255, dtype=np.float32)
        return cut

    def encode(self, sentences: Sequence[str]) -> Matrix:
        """Vectors as the index would read them: float32 `[n, dimension]`."""
        return self._shape(as_matrix(self._model.encode(list(sentences))))

    def encode_query(self, sentences: Sequence[str]) -> Matrix:
        """The same of queries."""
        encode = getattr(self._model, "encode_query", self._model.encode)
        return self._shape(as_matrix(encode(list(sentences))))

    def encode_document(self, sentences: Sequence[str]) -> Matrix:
        """The same of documents."""
        encode = getattr(self._model, "encode_document", self._model.encode)
        return self._shape(as_matrix(encode(list(sentences))))


def ranges_of(vectors: Matrix, dimension: int) -> Matrix:
    """Lowest and highest value of each dimension once cut: float32 `[2, dimension]`."""
    cut = truncate(normalize(vectors), dimension)
    return np.stack([cut.min(axis=0), cut.max(axis=0)])


def forms(model: str, compute: str, dimension: int) -> list[Candidate]:
    """A model's vectors as they are, quantized, and cut to a half and a quarter."""
    shapes: list[tuple[int, Precision]] = [
        (dimension, "float32"),
        (dimension, "int8"),
        (dimension, "binary"),
        (dimension // 2, "float32"),
        (dimension // 2, "int8"),
        (dimension // 4, "float32"),
    ]
    return [Candidate(model, compute, kept, precision) for kept, precision in shapes]


_PROBE = """
import time; begun = time.time()
import json, sys
import likewise
asked = json.load(sys.stdin)
model = likewise.load(asked["model"], compute=asked["compute"])
model.encode(asked["texts"][:1])
started = time.time() - begun
best = 0.0
for _ in range(2):
    before = time.perf_counter()
    model.encode(asked["texts"])
    best = max(best, len(asked["texts"]) / (time.perf_counter() - before))
memory = float("nan")
try:  # Linux lets a process inherit the highest memory of the one that started it, but not here
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    memory = int(peak.split()[1]) * 1024 / 1e6
except (OSError, StopIteration):
    if sys.platform == "darwin":
        import resource
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"start_seconds": started, "texts_per_second": best, "memory_mb": memory}))
"""


def measure(model: str, compute: str, texts: Sequence[str]) -> Cost:
    """Start a process that loads the model and encodes the texts; tell what that took.

    Raises:
        EngineError: the process failed, with the last line it wrote.
    """
    asked = json.dumps({"model": model, "compute": compute, "texts": list(texts)})
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], input=asked, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EngineError(f"measuring {model} in {compute} failed: {last}", hint="run it by itself")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))
