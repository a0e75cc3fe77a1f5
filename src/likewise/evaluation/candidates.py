"""Candidates of a model comparison: a model, its number format, and the form of its vectors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np

from likewise.errors import EngineError, InputError
from likewise.evaluation.contract import TextEncoder
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.significance import Difference, Interval
from likewise.vectors import Matrix, Precision, as_matrix, normalize, quantize, truncate

SHARES = {"full": 1, "half": 2, "quarter": 4}
"""Names of dimensions, and what the dimension of the full vectors is divided by."""
BYTES_PER_DIMENSION = {"float32": 4.0, "int8": 1.0, "binary": 0.125}


@dataclass(frozen=True)
class Candidate:
    """A model in one number format, with its vectors in one form.

    Attributes:
        model: the name it is loaded by.
        compute: number format of the network.
        dimension: of its vectors, after truncation.
        precision: number format of the vectors.
    """

    model: str
    compute: str
    dimension: int
    precision: Precision = "float32"

    @property
    def label(self) -> str:
        """Its name in tables."""
        return f"{self.model} {self.compute} · {self.dimension} × {self.precision}"

    @property
    def vector_bytes(self) -> int:
        """Bytes per vector."""
        return int(np.ceil(self.dimension * BYTES_PER_DIMENSION[self.precision]))


@dataclass(frozen=True)
class LeftOut:
    """A model, or a number format of one, that is not compared.

    Attributes:
        model: its name.
        compute: the number format.
        reason: `dimensions`: its vectors have none of the sizes that were asked for; `same`: the
            model has only another format; `error`: it cannot be run.
        detail: the dimensions, the other format, or the message of the error.
    """

    model: str
    compute: str
    reason: Literal["dimensions", "same", "error"]
    detail: str

    def __str__(self) -> str:
        if self.reason == "dimensions":
            return f"{self.model} is left out: its vectors have {self.detail} dimensions"
        if self.reason == "same":
            return f"{self.model} has only {self.detail}: {self.compute} is left out"
        return f"{self.model} in {self.compute} is left out: {self.detail}"


@dataclass(frozen=True)
class Cost:
    """Start-up time, speed and memory of a model, measured in a separate process.

    Attributes:
        start_seconds: from the start of Python to the first vector.
        texts_per_second: the better of two passes over the texts.
        memory_mb: peak resident memory of the process, in MB.
    """

    start_seconds: float
    texts_per_second: float
    memory_mb: float


@dataclass(frozen=True)
class ScoredCandidate:
    """A candidate that was scored, before it is compared with the others.

    Attributes:
        candidate: the candidate.
        metric: name of the main metric.
        quality: its main score with a 95% interval, 0 to 1.
        cost: of its model in its number format.
    """

    candidate: Candidate
    metric: str
    quality: Interval
    cost: Cost


@dataclass(frozen=True)
class CandidateResult:
    """Quality and cost of one candidate.

    Attributes:
        candidate: the candidate.
        quality: its main score with a 95% interval, 0 to 1.
        against_best: its score minus the score of the best candidate, on the same items.
        cost: of its model in its number format.
        wins: items with a higher score than the best candidate has on them.
        losses: items with a lower score.
        pairs: pairs by similarity, for tasks in which a threshold decides; else None.
    """

    candidate: Candidate
    quality: Interval
    against_best: Difference
    cost: Cost
    wins: int
    losses: int
    pairs: PairCounts | None = None

    def to_dict(self) -> dict[str, Any]:
        """All attributes for JSON, `significant`, and `vector_bytes`."""
        return asdict(self) | {
            "significant": self.against_best.significant,
            "vector_bytes": self.candidate.vector_bytes,
            "pairs": self.pairs.to_dict() if self.pairs else None,
        }


class ReducedEncoder:
    """A model whose vectors are truncated, quantized and dequantized, as a small index has them.

    All have length 1, so that a classifier with a penalty on its weights, such as logistic
    regression, sees every form at the same scale.

    Args:
        model: the model.
        candidate: dimension and precision of the vectors.
        ranges: lowest and highest value of each dimension, float32 `[2, dimension]`.
    """

    def __init__(self, model: TextEncoder, candidate: Candidate, ranges: Matrix) -> None:
        self._model = model
        self._candidate = candidate
        self._ranges = ranges

    def _reduced(self, matrix: Matrix) -> Matrix:
        truncated = truncate(matrix, self._candidate.dimension)
        if self._candidate.precision == "binary":
            side = np.float32(1 / np.sqrt(truncated.shape[1]))
            return np.where(truncated > 0, side, -side)
        if self._candidate.precision == "int8":
            low, high = self._ranges[:, : truncated.shape[1]]
            codes = quantize(truncated, "int8", ranges=np.stack([low, high])).astype(np.float32)
            return normalize(low + (codes + 128.5) * (high - low) / 255)
        return truncated

    def encode(self, sentences: Sequence[str]) -> Matrix:
        """Reduced vectors of texts: float32 `[n, dimension]`."""
        return self._reduced(as_matrix(self._model.encode(list(sentences))))

    def encode_query(self, sentences: Sequence[str]) -> Matrix:
        """Reduced vectors of queries: float32 `[n, dimension]`."""
        encode = getattr(self._model, "encode_query", self._model.encode)
        return self._reduced(as_matrix(encode(list(sentences))))

    def encode_document(self, sentences: Sequence[str]) -> Matrix:
        """Reduced vectors of documents: float32 `[n, dimension]`."""
        encode = getattr(self._model, "encode_document", self._model.encode)
        return self._reduced(as_matrix(encode(list(sentences))))


def value_ranges(vectors: Matrix, dimension: int) -> Matrix:
    """Lowest and highest value of each dimension after truncation: float32 `[2, dimension]`."""
    truncated = truncate(normalize(vectors), dimension)
    return np.stack([truncated.min(axis=0), truncated.max(axis=0)])


@dataclass(frozen=True)
class VectorForms:
    """The forms of vectors that are compared: each dimension in each precision.

    Attributes:
        dimensions: `full`, `half`, `quarter`, or a number of dimensions.
        precisions: number formats of the vectors.
    """

    dimensions: tuple[str, ...] = ("full", "half", "quarter")
    precisions: tuple[str, ...] = ("float32", "int8", "binary")

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            InputError: not a dimension or a precision, or there is none.
        """
        for each in self.dimensions:
            if each not in SHARES and not (each.isascii() and each.isdecimal() and int(each)):
                raise InputError(
                    f"{each!r} is not a number of dimensions",
                    hint=f"give {', '.join(SHARES)}, or a number such as 256",
                )
        for each in self.precisions:
            if each not in BYTES_PER_DIMENSION:
                raise InputError(
                    f"{each!r} is not a precision of vectors",
                    hint=f"choose from {', '.join(BYTES_PER_DIMENSION)}",
                )
        if not self.dimensions or not self.precisions:
            raise InputError(
                "no form of vectors is chosen",
                hint="give at least one of --dimensions and one of --precisions",
            )

    def of(self, model: str, compute: str, dimension: int) -> list[Candidate]:
        """The candidates of a model, the largest vectors first.

        Args:
            model: the name it is loaded by.
            compute: number format of the network.
            dimension: of its full vectors; larger numbers of dimensions are left out.
        """
        sizes = {dimension // SHARES[d] if d in SHARES else int(d) for d in self.dimensions}
        return [
            Candidate(model, compute, size, cast("Precision", precision))
            for size in sorted(sizes, reverse=True)
            if 0 < size <= dimension
            for precision in self.precisions
        ]


_PROBE = """
import time; started = time.time()
import json, sys
import likewise
request = json.load(sys.stdin)
model = likewise.load(request["model"], compute=request["compute"])
model.encode(request["texts"][:1])
start_seconds = time.time() - started
best = 0.0
for _ in range(2):
    before = time.perf_counter()
    model.encode(request["texts"])
    best = max(best, len(request["texts"]) / (time.perf_counter() - before))
memory = float("nan")
try:  # on Linux ru_maxrss includes the peak memory of the parent process, VmHWM does not
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    memory = int(peak.split()[1]) * 1024 / 1e6
except (OSError, StopIteration):
    if sys.platform == "darwin":
        import resource
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"start_seconds": start_seconds, "texts_per_second": best, "memory_mb": memory}))
"""


def measure_cost(model: str, compute: str, texts: Sequence[str]) -> Cost:
    """Measure a model in a new process that loads it and encodes the texts.

    Raises:
        EngineError: the process failed; the message has the last line it wrote.
    """
    request = json.dumps({"model": model, "compute": compute, "texts": list(texts)})
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], input=request, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EngineError(
            f"measuring {model} in {compute} failed: {last}",
            hint="likewise bench shows the whole error",
        )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))
