"""How fast a model is on this machine, and how near that is to what the machine can do."""

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
"""A timed pass takes at least this long, where there are texts enough."""
PART_SECONDS = 1.5
"""For each kind of text, and for queries."""
PEAK_SECONDS = 0.4
"""For each chain of products, before encoding and after it."""

PARTS = 5
"""Measurements of one model: the peak, sentences, passages, queries, and the peak again."""


@dataclass(frozen=True)
class Rate:
    """Texts of one kind.

    Attributes:
        texts: a second.
        tokens: a second, special ones included.
        operations: multiplications and additions a second; None where they are not known.
    """

    texts: float
    tokens: float
    operations: float | None


@dataclass(frozen=True)
class Speed:
    """How fast a model is in one number format.

    Attributes:
        compute: the number format.
        sentences: short sentences, many at once.
        passages: passages of 256 tokens, or as many as the model reads, many at once.
        query_p50: milliseconds for one sentence alone, half of them at most.
        query_p95: the same for 95 of 100.
        peak: operations a second in matrix products of this number format; None where the engine
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
        """What part of the peak encoding passages reaches."""
        if self.peak is None or self.passages.operations is None:
            return None
        return self.passages.operations / self.peak


def measure_speed(model: Encoder, *, progress: Advance | None = None) -> Speed:
    """Time a model for ten to twenty seconds; nothing else should run meanwhile.

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
    """Passages that begin at different words, as long as a passage is and no longer."""
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
    """Encode more and more of the texts until that takes long enough, then time that many."""
    count = 4
    while True:
        part = list(texts[:count])
        model.encode(part)  # shapes are compiled when they first come
        if _seconds(model, part) >= PASS_SECONDS or count >= len(texts):
            break
        count *= 2
    rounds, spent = 0, 0.0
    while spent < PART_SECONDS:
        spent += _seconds(model, part)
        rounds += 1
    lengths = [tokens.kept for tokens in model.count_tokens(part)]
    work = _multiply_adds(model, lengths)
    return Rate(
        texts=len(part) * rounds / spent,
        tokens=sum(lengths) * rounds / spent,
        operations=None if work is None else 2 * work * rounds / spent,
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
