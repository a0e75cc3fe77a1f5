"""Results of the tools that compare and rank texts.

Each is what `to_dict` of the operation's result returns; tests hold them together.
"""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from likewise.mcp.results.notes import Noted, SkippedResult


class TokensResult(TypedDict):
    """How much of a text is read."""

    seen: int
    kept: int
    exact: bool
    cut: int


class TokenMatrix(TypedDict):
    """The similarity of every token of one text with every token of the other."""

    a: list[str]
    b: list[str]
    matrix: list[list[float]]


class SimilarityOutput(Noted):
    """How similar two texts are."""

    model: str
    compute: str
    cosine: Annotated[float, Field(description="-1 to 1; 1 is the same meaning.")]
    dot: float
    euclidean: float
    manhattan: float
    norm_a: float
    norm_b: float
    dimension: int
    tokens_a: TokensResult
    tokens_b: TokensResult
    unknown_tokens: int | None
    token_similarity: NotRequired[TokenMatrix]


class RankedResult(TypedDict):
    """One candidate of a ranking."""

    rank: int
    score: float
    line: Annotated[int, Field(description="Place among the given candidates, from 1.")]
    text: str


class RankOutput(Noted):
    """Candidates, best first."""

    model: str
    compute: str
    query: str
    total: int
    results: list[RankedResult]
    skipped: list[SkippedResult]
    output: str | None
