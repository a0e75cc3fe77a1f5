"""What a similarity score means for a model and a corpus, and suggested thresholds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import InputError
from likewise.evaluation.contract import TextEncoder, embed
from likewise.evaluation.metrics import best_f1
from likewise.evaluation.significance import Interval, resamples
from likewise.evaluation.tasks import PairClassification
from likewise.evaluation.vector_cache import CachedEncoder
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import normalize, similarity_pairwise

PAIRS = 50_000
BELOW = {"search": 0.99, "clustering": 0.999, "duplicates": 0.9999}
"""Share of random pairs below the suggested threshold, if there are no labelled pairs."""


@dataclass(frozen=True)
class ScoreMeaning:
    """What one score means.

    Attributes:
        score: a cosine.
        percentile: share of random pairs of the corpus that score below it, 0 to 1.
        probability: that a pair with this score matches, from the labelled pairs; NaN without any.
    """

    score: float
    percentile: float
    probability: float


@dataclass(frozen=True)
class SuggestedThreshold:
    """A suggested threshold.

    Attributes:
        purpose: `search`, `clustering` or `duplicates`.
        interval: the cosine, with a 95% interval.
        basis: how it was found, in words.
    """

    purpose: str
    interval: Interval
    basis: str


@dataclass(frozen=True)
class Calibration:
    """What a model's scores mean on a corpus.

    Attributes:
        pairs: number of random pairs.
        meanings: what scores mean, from low to high.
        thresholds: suggested thresholds.
        texts: number of distinct texts.
        labelled: number of labelled pairs; 0 if all have the same label.
        seed: of the random pairs.
    """

    pairs: int
    meanings: tuple[ScoreMeaning, ...]
    thresholds: tuple[SuggestedThreshold, ...]
    texts: int
    labelled: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain dictionaries, for JSON; an unknown probability is None."""
        record = asdict(self)
        if not self.labelled:
            for meaning in record["meanings"]:
                meaning["probability"] = None
        return record


def calibrate(
    model: TextEncoder,
    texts: list[str],
    labelled: PairClassification | None = None,
    seed: int = 42,
    *,
    progress: ProgressFactory = no_progress,
) -> Calibration:
    """Score random pairs of a corpus, and labelled pairs if there are any.

    Args:
        model: any object with `encode`.
        texts: the corpus, or a sample of it.
        labelled: pairs that match and pairs that do not.
        seed: of the random pairs.
        progress: shows the texts that are encoded.

    Raises:
        InputError: fewer than ten distinct texts.
    """
    texts = list(dict.fromkeys(texts))
    if len(texts) < 10:
        raise InputError(
            f"too few texts to calibrate: {len(texts)}", hint="give at least 10 distinct texts"
        )
    rng = np.random.default_rng(seed)
    count = min(PAIRS, len(texts) * (len(texts) - 1) // 2)
    left = rng.integers(0, len(texts), count)
    right = (left + rng.integers(1, len(texts), count)) % len(texts)
    cached = CachedEncoder(model, persist=False, progress=progress)
    vectors = normalize(embed(cached, texts))
    random = np.sort(np.einsum("ij,ij->i", vectors[left], vectors[right]).astype(np.float64))
    curve = None
    thresholds = [
        _percentile_threshold(purpose, below, random, seed) for purpose, below in BELOW.items()
    ]
    if labelled is not None and 0 < sum(labelled.labels) < len(labelled.labels):
        first, second = embed(cached, labelled.first), embed(cached, labelled.second)
        scores = similarity_pairwise(first, second).astype(np.float64)
        truth = np.asarray(labelled.labels).astype(bool)
        curve = _logistic(scores, truth)
        thresholds[-1] = _labelled_threshold(scores, truth, seed)
        thresholds = [_not_above(each, thresholds[-1]) for each in thresholds]
    meanings = tuple(
        ScoreMeaning(
            float(score),
            float(np.searchsorted(random, score) / random.size),
            float("nan") if curve is None else float(curve.at(score)),
        )
        for score in np.round(np.arange(0.0, 1.0, 0.05), 2)
    )
    cached.close()
    known = 0 if curve is None or labelled is None else len(labelled.labels)
    return Calibration(count, meanings, tuple(thresholds), len(texts), known, seed)


def _percentile_threshold(
    purpose: str, below: float, random: NDArray[np.float64], seed: int
) -> SuggestedThreshold:
    draws = resamples(random.size, 100, seed)
    values = [float(np.quantile(random[items], below)) for items in draws]
    low, high = np.percentile(values, [2.5, 97.5])
    return SuggestedThreshold(
        purpose,
        Interval(float(np.quantile(random, below)), float(low), float(high)),
        f"{100 * (1 - below):g}% of random pairs score higher",
    )


def _not_above(threshold: SuggestedThreshold, duplicates: SuggestedThreshold) -> SuggestedThreshold:
    """Texts that are duplicates by the labelled pairs belong together for every purpose."""
    if threshold.interval.value <= duplicates.interval.value:
        return threshold
    return replace(
        duplicates,
        purpose=threshold.purpose,
        basis=f"as for duplicates; {threshold.basis} than {threshold.interval.value:.2f}",
    )


def _labelled_threshold(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], seed: int
) -> SuggestedThreshold:
    draws = resamples(truth.size, 200, seed)
    values = [best_f1(scores[p], truth[p]).threshold for p in draws if truth[p].any()]
    best = best_f1(scores, truth)
    low, high = np.percentile(values, [2.5, 97.5])
    return SuggestedThreshold(
        "duplicates",
        Interval(best.threshold, float(low), float(high)),
        f"best F1 on the labelled pairs: {100 * best.value:.1f}",
    )


@dataclass(frozen=True)
class _Logistic:
    slope: float
    midpoint: float

    def at(self, score: float) -> float:
        return float(1 / (1 + np.exp(-self.slope * (score - self.midpoint))))


def _logistic(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> _Logistic:
    """Platt scaling (1999) with smoothed targets, fitted by Newton's method."""
    positives = truth.sum()
    high, low = (positives + 1) / (positives + 2), 1 / (truth.size - positives + 2)
    target = np.where(truth, high, low)
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    weights = np.zeros(2)
    for _ in range(50):
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -35, 35)))
        curvature = design.T @ (
            design * (probability * (1 - probability))[:, None]
        ) + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (target - probability) - 1e-6 * weights)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    slope, intercept = weights.tolist()
    return _Logistic(slope, -intercept / slope if slope else 0.0)
