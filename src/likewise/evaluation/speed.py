"""Measures the speed of a model, and compares it with the peak speed of the processor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder
from likewise.engine.cores import usable_cores
from likewise.engine.openvino.flops import count_operations
from likewise.engine.openvino.graph import build
from likewise.engine.openvino.roofline import CHAINS, Multiplier
from likewise.errors import EngineError, UnsupportedModelError
from likewise.evaluation.sentences import EXAMPLES
from likewise.progress import Advance, Progress

PASSAGE_TOKENS = 256
SENTENCES, PASSAGES, QUERIES = 4096, 512, 200
PASS_SECONDS = 0.5
"""Shortest timed pass, if there are enough texts."""
PART_SECONDS = 1.5
"""Shortest measurement of each kind of text, and longest of queries."""
PEAK_SECONDS = 0.4
"""For each chain of matrix products, before and after encoding."""

PARTS = 5
"""Measurements of one model: the peak, sentences, passages, queries, and the peak again."""


@dataclass(frozen=True)
class Rate:
    """The throughput on one kind of text.

    Attributes:
        texts: per second.
        tokens: per second, including special tokens.
        operations: multiplications and additions per second; None if they are unknown.
    """

    texts: float
    tokens: float
    operations: float | None


@dataclass(frozen=True)
class Speed:
    """The speed of a model in one number format.

    Attributes:
        compute: the number format.
        sentences: throughput on short sentences.
        passages: throughput on texts of 256 tokens, or of the model's maximum length.
        query_p50: median latency of a single sentence, in milliseconds.
        query_p95: 95th percentile of the same.
        peak: operations per second of matrix products in this number format; None if the engine
            has none.
    """

    compute: str
    sentences: Rate
    passages: Rate
    query_p50: float
    query_p95: float
    peak: float | None

    @property
    def share(self) -> float | None:
        """Share of the peak that is reached on passages, 0 to 1; None if unknown."""
        if self.peak is None or self.passages.operations is None:
            return None
        return self.passages.operations / self.peak


def measure_speed(model: Encoder, *, progress: Advance | None = None) -> Speed:
    """Time a model for ten to twenty seconds; no other process should be running.

    Args:
        model: the model.
        progress: called with 1 after each of `PARTS` measurements.

    Raises:
        EngineError: the engine refused.
    """
    advance = progress or Progress()
    try:
        multipliers = [Multiplier(chain, model.compute, usable_cores()) for chain in CHAINS]
    except EngineError:
        multipliers = []
    peaks = [multiplier.rate(PEAK_SECONDS) for multiplier in multipliers]
    advance(1)
    sentences = _rate(model, list(islice(cycle(_sentences()), SENTENCES)))
    advance(1)
    passages = _rate(model, list(islice(cycle(_passages(model)), PASSAGES)))
    advance(1)
    queries = _query_seconds(model)
    advance(1)
    peaks += [multiplier.rate(PEAK_SECONDS) for multiplier in multipliers]
    advance(1)
    return Speed(
        compute=model.compute,
        sentences=sentences,
        passages=passages,
        query_p50=1000 * float(np.percentile(queries, 50)),
        query_p95=1000 * float(np.percentile(queries, 95)),
        peak=2 * max(peaks) if peaks else None,
    )


def _sentences() -> list[str]:
    return [t for example in EXAMPLES if example.language == "en" for t in example.texts]


def _passages(model: Encoder) -> list[str]:
    """Distinct passages of at most `PASSAGE_TOKENS` tokens."""
    limit = min(PASSAGE_TOKENS, model.max_seq_length)
    words = " ".join(_sentences()).split()
    passages = []
    for start in range(0, len(words), len(words) // 16):
        chosen = list(islice(cycle(words), start, start + limit))
        while (seen := model.count_tokens([" ".join(chosen)])[0].seen) > limit:
            del chosen[len(chosen) * limit // seen :]
        passages.append(" ".join(chosen))
    return passages


def _rate(model: Encoder, texts: Sequence[str]) -> Rate:
    """Double the number of texts until a pass takes long enough, then time such passes."""
    count = 4
    while True:
        part = list(texts[:count])
        model.encode(part)  # compiles the shapes
        if _seconds(model, part) >= PASS_SECONDS or count >= len(texts):
            break
        count *= 2
    rounds, spent = 0, 0.0
    while spent < PART_SECONDS:
        spent += _seconds(model, part)
        rounds += 1
    lengths = [tokens.kept for tokens in model.count_tokens(part)]
    multiply_adds = _multiply_adds(model, lengths)
    return Rate(
        texts=len(part) * rounds / spent,
        tokens=sum(lengths) * rounds / spent,
        operations=None if multiply_adds is None else 2 * multiply_adds * rounds / spent,
    )


def _seconds(model: Encoder, texts: list[str]) -> float:
    started = time.perf_counter()
    model.encode(texts)
    return time.perf_counter() - started


def _multiply_adds(model: Encoder, lengths: list[int]) -> int | None:
    try:
        return count_operations(build(model.config)).of(lengths)
    except UnsupportedModelError:
        return None


def _query_seconds(model: Encoder) -> NDArray[np.float64]:
    queries = _sentences()
    for query in queries:
        model.encode(query)
    seconds: list[float] = []
    for query in islice(cycle(queries), QUERIES):
        started = time.perf_counter()
        model.encode(query)
        seconds.append(time.perf_counter() - started)
        if sum(seconds) > PART_SECONDS:
            break
    return np.array(seconds)
