"""Whether a model in a smaller number format gives what it gives in float32, on this processor.

Kernels differ between processors, and with them the last bits of a vector, or more where a kernel
is faulty; so this is measured where the model is to be used.
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
"""Sentences joined into one long text."""
BATCH = 64
"""Texts encoded between two steps of progress."""


@dataclass(frozen=True)
class Limits:
    """What a number format has to reach.

    Attributes:
        cosine_mean: least mean cosine of a text's two vectors.
        cosine_min: least cosine of any text's.
        rank_agreement: least mean Spearman correlation, see `Verification`.
        rated_delta: points out of 100 by which the score on rated pairs may differ.
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
        texts: how many texts were encoded.
        not_finite: vectors with something in them that is no finite number.
        cosine_mean: mean cosine of a text's two vectors.
        cosine_min: the lowest of them.
        rank_agreement: Spearman correlation of each text's similarities to all others, in the mean.
        rated_float32: Spearman correlation on rated pairs, in float32, times 100.
        rated: the same in this number format.
        limits: what it has to reach.
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
        """Points that the score on rated pairs gains, or loses."""
        return self.rated - self.rated_float32

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """The limits it misses, a line each; empty where it passes."""
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
                f"the score on rated pairs moves by {self.rated_delta:+.2f} points, more than "
                f"{limits.rated_delta:g}"
            )

    def to_dict(self) -> dict[str, Any]:
        """The measures as plain values; None stands for NaN, which JSON does not have."""
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
        progress: shows the texts encoded.

    Raises:
        InputError: there are no limits for that number format.
        ShapeError: the two give vectors of different dimensions.
    """
    if compute not in LIMITS:
        raise InputError(f"there are no limits for {compute!r}", hint="one of " + ", ".join(LIMITS))
    texts = _texts()
    with progress(2 * len(texts), title=f"comparing {compute} with float32") as advance:
        reference, raw = _encoded(exact, texts, advance), _encoded(smaller, texts, advance)
    found = np.nan_to_num(raw, posinf=0.0, neginf=0.0)
    same = similarity_pairwise(reference, found)
    return Verification(
        compute=compute,
        texts=len(texts),
        not_finite=int((~np.isfinite(raw)).any(axis=1).sum()),
        cosine_mean=float(same.mean()),
        cosine_min=float(same.min()),
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
    """First and second sides of the rated pairs, then the example sets and long texts of them."""
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
