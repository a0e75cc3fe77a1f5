"""Compare two texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from likewise.evaluation.comparison import (
    Comparison,
    TokenSimilarity,
    UnknownTokens,
    compare,
    compare_tokens,
)
from likewise.finite import check_finite
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.messages import report_truncated, report_unknown
from likewise.operations.session import Session


@dataclass(frozen=True)
class SimilarityRequest(ModelRequest):
    """Two texts to compare."""

    a: Annotated[str, Field("One text.", positional=True, metavar="A")]
    b: Annotated[str, Field("Another text.", positional=True, metavar="B")]
    tokens: Annotated[
        bool, Field("Also compare every token of one with every token of the other.")
    ] = False


@dataclass(frozen=True)
class SimilarityResult:
    """How similar two texts are.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        comparison: every measure.
        unknown: tokens that the model does not know; None if the texts are in a script it was
            not trained for.
        tokens: every token compared with every other, if requested.
    """

    model: str
    compute: str
    comparison: Comparison
    unknown: UnknownTokens | None = None
    tokens: TokenSimilarity | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `compute`, what `Comparison.to_dict` has, `unknown_tokens` (the number, or
        null), and if tokens were compared, `token_similarity` with `a`, `b` and `matrix`.
        """
        plain: dict[str, Any] = {
            "model": self.model,
            "compute": self.compute,
            **self.comparison.to_dict(),
            "unknown_tokens": self.unknown.unknown if self.unknown else None,
        }
        if self.tokens:
            plain["token_similarity"] = {
                "a": list(self.tokens.tokens_a),
                "b": list(self.tokens.tokens_b),
                "matrix": [
                    [float(f"{score:.9g}") for score in row] for row in self.tokens.matrix.tolist()
                ],
            }
        return plain


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
    session.cancel.check()
    tokens = compare_tokens(encoder, *texts) if request.tokens else None
    unknown = report_unknown(session, encoder, texts)
    report_truncated(session, encoder, texts)
    return SimilarityResult(encoder.name, encoder.compute, found, unknown, tokens)
