"""`likewise similarity`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.similarity import SimilarityRequest, SimilarityResult
from likewise.operations.similarity import similarity as operation


@command(SimilarityRequest, operation)
def similarity(result: SimilarityResult, _: SimilarityRequest) -> None:
    """Compare two texts.

    \b
    Example:
      likewise similarity "A man is eating." "Someone eats."
    """
    found = result.comparison
    for measure in ("cosine", "dot", "euclidean", "manhattan"):
        say(f"{measure:<11}{getattr(found, measure):8.4f}")
    say(f"{'norms':<11}{found.norm_a:8.4f}{found.norm_b:9.4f}")
    say(f"{'dimensions':<11}{found.dimension:8}")
    say(f"{'tokens':<11}{found.tokens_a.kept:8}{found.tokens_b.kept:9}")
    if tokens := result.tokens:
        rows = [
            [token, *(f"{score:.2f}" for score in scores)]
            for token, scores in zip(tokens.tokens_a, tokens.matrix, strict=True)
        ]
        say_table(["", *tokens.tokens_b], rows)
