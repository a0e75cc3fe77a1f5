"""Compares texts, and scores models on tasks."""

from likewise.evaluation.comparison import (
    Comparison,
    TokenSimilarity,
    UnknownTokens,
    compare,
    compare_tokens,
    unknown_tokens,
)
from likewise.evaluation.contract import Case, Task, TaskOutcome, TextEncoder, embed
from likewise.evaluation.examples import (
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
    "Case",
    "Comparison",
    "Example",
    "ExampleResult",
    "SavedResult",
    "SavedResults",
    "Task",
    "TaskOutcome",
    "TextEncoder",
    "TokenSimilarity",
    "UnknownTokens",
    "compare",
    "compare_tokens",
    "embed",
    "find_example",
    "list_results",
    "load_result",
    "run_example",
    "unknown_tokens",
]
