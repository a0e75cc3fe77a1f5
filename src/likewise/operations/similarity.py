"""Compare two texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from likewise.evaluation.comparison import Comparison, compare
from likewise.finite import check_finite
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.messages import report_truncated, report_unknown
from likewise.operations.session import Session


@dataclass(frozen=True)
class SimilarityRequest(ModelRequest):
    """Two texts to compare."""

    a: Annotated[str, Field("One text.", positional=True, metavar="A")]
    b: Annotated[str, Field("Another text.", positional=True, metavar="B")]


@dataclass(frozen=True)
class SimilarityResult:
    """How similar two texts are.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        comparison: every measure.
    """

    model: str
    compute: str
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values."""
        return {"model": self.model, "compute": self.compute, **self.comparison.to_dict()}


def similarity(request: SimilarityRequest, session: Session) -> SimilarityResult:
    """Compare two texts by every measure.

    Raises:
        TextError: one of them cannot be encoded.
        CheckpointError: the model cannot be used.
        EngineError: the result is not finite.
    """
    encoder = session.encoder(request)
    texts = [request.a, request.b]
    found = compare(encoder, *texts)
    check_finite(np.array([found.cosine, found.dot, found.norm_a, found.norm_b]), encoder.name)
    report_unknown(session, encoder, texts)
    report_truncated(session, encoder, texts)
    return SimilarityResult(encoder.name, encoder.compute, found)
