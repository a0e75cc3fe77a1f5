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
from likewise.evaluation.discover import Reading, find_tasks, read_beir
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
    "Reading",
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
    "find_tasks",
    "list_results",
    "load_result",
    "read_beir",
    "run_example",
    "unknown_tokens",
]
