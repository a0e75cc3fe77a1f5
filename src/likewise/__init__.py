"""Likewise turns sentences into vectors and answers with them.

    import likewise
    model = likewise.load("all-MiniLM-L6-v2")
    model.similarity("A man is eating.", ["Someone eats.", "A plane takes off."])

Importing this package loads neither the engine nor anything optional; `load` does.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it; the module typing takes a while to load
if TYPE_CHECKING:
    from typing import Any

    from likewise import errors, vectors
    from likewise.collections.open_collection import open_collection
    from likewise.encoder import Encoder
    from likewise.errors import LikewiseError
    from likewise.evaluation.run import evaluate
    from likewise.jobs import cluster, dedupe, train
    from likewise.loading import load
    from likewise.reranker import Reranker, load_reranker
    from likewise.results import Encoded, Ranked, TokenCount

__version__ = "0.1.0"

__all__ = [
    "Encoded",
    "Encoder",
    "LikewiseError",
    "Ranked",
    "Reranker",
    "TokenCount",
    "__version__",
    "cluster",
    "dedupe",
    "errors",
    "evaluate",
    "load",
    "load_reranker",
    "open_collection",
    "train",
    "vectors",
]

_HOMES = {
    "Encoded": "likewise.results",
    "Encoder": "likewise.encoder",
    "LikewiseError": "likewise.errors",
    "Ranked": "likewise.results",
    "Reranker": "likewise.reranker",
    "TokenCount": "likewise.results",
    "cluster": "likewise.jobs",
    "dedupe": "likewise.jobs",
    "evaluate": "likewise.evaluation.run",
    "load": "likewise.loading",
    "load_reranker": "likewise.reranker",
    "open_collection": "likewise.collections.open_collection",
    "train": "likewise.jobs",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in ("errors", "vectors"):
        return import_module(f"likewise.{name}")
    raise AttributeError(f"module 'likewise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
