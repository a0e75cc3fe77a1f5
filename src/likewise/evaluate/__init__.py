"""How alike texts are, and how good a model is at saying so."""

from likewise.evaluate.comparison import Comparison, TokenSimilarity, compare, compare_tokens
from likewise.evaluate.examples import (
    EXAMPLES,
    Example,
    ExampleResult,
    SavedResult,
    SavedResults,
    find_example,
    list_results,
    load_result,
    run_example,
)

__all__ = [
    "EXAMPLES",
    "Comparison",
    "Example",
    "ExampleResult",
    "SavedResult",
    "SavedResults",
    "TokenSimilarity",
    "compare",
    "compare_tokens",
    "find_example",
    "list_results",
    "load_result",
    "run_example",
]
