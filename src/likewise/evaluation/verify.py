"""Compares a model in a smaller number format with the same model in float32.

Kernels differ between processors, so this is measured on the processor that will run the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isnan
from types import MappingProxyType
from typing import Any

import numpy as np

from likewise.errors import InputError
from likewise.evaluation.contract import TextEncoder, embed
from likewise.evaluation.metrics import spearman
from likewise.evaluation.rated import RATED_PAIRS
from likewise.evaluation.sentences import EXAMPLES
from likewise.progress import Advance, ProgressFactory, no_progress
from likewise.vectors import Matrix, cosine, similarity_pairwise

LONG_TEXT = 8
"""Number of sentences in a long text."""
BATCH = 64
"""Texts encoded at once."""


@dataclass(frozen=True)
class Limits:
    """The limits of a number format.

    Attributes:
        cosine_mean: lowest mean cosine between the two vectors of a text.
        cosine_min: lowest cosine between the two vectors of any text.
        rank_agreement: lowest rank agreement, see `Verification`.
        rated_delta: largest difference of the score on rated pairs, in points out of 100.
    """

    cosine_mean: float
    cosine_min: float
    rank_agreement: float
    rated_delta: float


LIMITS: Mapping[str, Limits] = MappingProxyType(
    {
        "bfloat16": Limits(0.9999, 0.998, 0.995, 1.0),
        "int8": Limits(0.99, 0.94, 0.97, 2.0),
    }
)


@dataclass(frozen=True)
class Verification:
    """How a number format compares with float32.

    Attributes:
        compute: the number format.
        texts: number of texts.
        not_finite: number of vectors with a value that is not finite.
        cosine_mean: mean cosine between the two vectors of a text.
        cosine_min: the lowest of these cosines.
        rank_agreement: mean Spearman correlation between the similarities of a text to all others.
        rated_float32: Spearman correlation on rated pairs in float32, times 100.
        rated: the same in this number format.
        limits: the limits of this number format.
    """

    compute: str
    texts: int
    not_finite: int
    cosine_mean: float
    cosine_min: float
    rank_agreement: float
    rated_float32: float
    rated: float
    limits: Limits

    @property
    def rated_delta(self) -> float:
        """Change of the score on rated pairs, in points."""
        return self.rated - self.rated_float32

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """The missed limits, one line each; empty if it passes."""
        return tuple(self._shortfalls())

    def _shortfalls(self) -> Iterator[str]:
        limits = self.limits  # compared so that NaN misses every limit
        if self.not_finite:
            yield f"{self.not_finite} of {self.texts} vectors are not finite"
        if not self.cosine_mean >= limits.cosine_mean:
            yield f"mean cosine {self.cosine_mean:.5f} is below {limits.cosine_mean}"
        if not self.cosine_min >= limits.cosine_min:
            yield f"lowest cosine {self.cosine_min:.5f} is below {limits.cosine_min}"
        if not self.rank_agreement >= limits.rank_agreement:
            yield f"rank agreement {self.rank_agreement:.4f} is below {limits.rank_agreement}"
        if not abs(self.rated_delta) <= limits.rated_delta:
            yield (
                f"the score on rated pairs changes by {self.rated_delta:+.2f} points, more than "
                f"{limits.rated_delta:g}"
            )

    def to_dict(self) -> dict[str, Any]:
        """The measures as plain values, for JSON; NaN becomes None."""
        plain = asdict(self) | {"rated_delta": self.rated_delta}
        plain = {k: None if isinstance(v, float) and isnan(v) else v for k, v in plain.items()}
        return plain | {"shortfalls": list(self.shortfalls), "passed": not self.shortfalls}


def verify(
    exact: TextEncoder,
    smaller: TextEncoder,
    compute: str,
    *,
    progress: ProgressFactory = no_progress,
) -> Verification:
    """Compare a model in a smaller number format with the same model in float32.

    Args:
        exact: the model in float32.
        smaller: the model in the other number format.
        compute: name of the other number format, one of `LIMITS`.
        progress: shows the texts that are encoded.

    Raises:
        InputError: an unknown number format.
        ShapeError: the two models have different dimensions.
    """
    if compute not in LIMITS:
        raise InputError(f"there are no limits for {compute!r}", hint="one of " + ", ".join(LIMITS))
    texts = _texts()
    with progress(2 * len(texts), title=f"comparing {compute} with float32") as advance:
        reference, raw = _encoded(exact, texts, advance), _encoded(smaller, texts, advance)
    found = np.nan_to_num(raw, posinf=0.0, neginf=0.0)
    cosines = similarity_pairwise(reference, found)
    return Verification(
        compute=compute,
        texts=len(texts),
        not_finite=int((~np.isfinite(raw)).any(axis=1).sum()),
        cosine_mean=float(cosines.mean()),
        cosine_min=float(cosines.min()),
        rank_agreement=_rank_agreement(reference, found),
        rated_float32=_rated(reference),
        rated=_rated(found),
        limits=LIMITS[compute],
    )


def _encoded(model: TextEncoder, texts: list[str], advance: Advance) -> Matrix:
    parts = []
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        parts.append(embed(model, part))
        advance(len(part))
    return np.concatenate(parts)


def _texts() -> list[str]:
    """Both sides of the rated pairs, then the example sets, then long texts made from them."""
    examples = [text for example in EXAMPLES for text in example.texts]
    starts = range(0, len(examples), LONG_TEXT)
    long = [" ".join(examples[start : start + LONG_TEXT]) for start in starts]
    return [p.first for p in RATED_PAIRS] + [p.second for p in RATED_PAIRS] + examples + long


def _rank_agreement(reference: Matrix, found: Matrix) -> float:
    exact, close = cosine(reference, reference), cosine(found, found)
    others = ~np.eye(len(exact), dtype=bool)
    rows = range(len(exact))
    return float(np.mean([spearman(exact[i][others[i]], close[i][others[i]]) for i in rows]))


def _rated(vectors: Matrix) -> float:
    count = len(RATED_PAIRS)
    scores = similarity_pairwise(vectors[:count], vectors[count : 2 * count])
    return 100 * spearman(scores, [pair.rating for pair in RATED_PAIRS])
