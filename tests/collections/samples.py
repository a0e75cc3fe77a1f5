"""Records that several tests of collections index."""

from __future__ import annotations

from collections.abc import Sequence

from likewise.collections.collection import Collection
from likewise.data.records import Record

TEXTS = (
    "A man is playing a guitar.",
    "The cat sleeps on the warm windowsill.",
    "Interest rates were raised by the central bank.",
    "How do I get a refund for my order?",
    "She baked bread with rye flour.",
    "The train to Berlin is late again.",
)


def records(texts: Sequence[str] = TEXTS, source: str = "/data/a.csv") -> list[Record]:
    return [Record(text, {"year": str(2000 + n)}, source, n + 2) for n, text in enumerate(texts)]


def texts_of(collection: Collection) -> list[str]:
    return sorted(collection._table.to_arrow()["text"].to_pylist())
