"""What a training changes for a few queries: the nearest texts before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder
from likewise.evaluation.contract import Task
from likewise.training.sources import Source
from likewise.vectors import normalize

SEARCHED, SEARCHED_CHARACTERS = 2_000, 100_000
"""Texts that are searched, at most, and their characters: long ones take time from the training."""
NEAREST = 3
"""Texts that are shown for a query."""
DEFAULT_QUERIES = 3
"""Held-out queries that are shown where none is given."""


@dataclass(frozen=True)
class NearText:
    """A text that was found.

    Attributes:
        text: it.
        similarity: its cosine with the query.
    """

    text: str
    similarity: float


@dataclass(frozen=True)
class QueryExample:
    """A query before and after a training.

    Attributes:
        query: it.
        before: texts nearest to it by the original model, the nearest first.
        after: by the trained model.
    """

    query: str
    before: tuple[NearText, ...]
    after: tuple[NearText, ...]

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values."""
        near = {"before": self.before, "after": self.after}
        return {"query": self.query} | {
            name: [asdict(each) for each in found] for name, found in near.items()
        }


@dataclass(frozen=True)
class QuerySearch:
    """Queries, and the texts among which the nearest are shown.

    Attributes:
        queries: n of them.
        texts: different ones.
    """

    queries: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, queries: Sequence[str], task: Task, sources: Sequence[Source]) -> QuerySearch:
        """The search of a training.

        Args:
            queries: of the user; where there are none, some of the task.
            task: what the training is measured on; its texts are searched first.
            sources: the training data, whose texts are searched, too.
        """
        rows = (row for source in sources for row in source.groups())
        answers = (text for row in rows for text in (row.positives or row.anchors))
        own = _texts(task, ("corpus", "second", "others", "texts"))
        texts = tuple(_first_texts(chain(own, answers)))
        few = _texts(task, ("queries", "first"))[:DEFAULT_QUERIES]
        return cls(tuple(queries) or tuple(few), texts)

    def nearest(self, encoder: Encoder) -> list[tuple[NearText, ...]]:
        """The texts nearest to each query, the nearest first; the query itself is left out."""
        if not self.queries or not self.texts:
            return [() for _ in self.queries]
        documents = normalize(encoder.encode_document(list(self.texts)))
        scores = normalize(encoder.encode_query(list(self.queries))) @ documents.T
        return [self._best(query, row) for query, row in zip(self.queries, scores, strict=True)]

    def _best(self, query: str, scores: NDArray[np.float32]) -> tuple[NearText, ...]:
        order = np.argsort(-scores)[: NEAREST + 1].tolist()
        found = [NearText(self.texts[n], round(float(scores[n]), 4)) for n in order]
        return tuple(each for each in found if each.text != query)[:NEAREST]

    def compare(
        self, before: Sequence[tuple[NearText, ...]], trained: Encoder
    ) -> tuple[QueryExample, ...]:
        """The queries with what `nearest` found before, and what the trained model finds."""
        found = zip(self.queries, before, self.nearest(trained), strict=True)
        return tuple(QueryExample(*each) for each in found)


def _first_texts(texts: Iterable[str]) -> Iterator[str]:
    """The first different texts, as many as are searched."""
    known: set[str] = set()
    characters = 0
    for text in texts:
        if text not in known:
            yield text
            known.add(text)
            characters += len(text)
        if len(known) == SEARCHED or characters >= SEARCHED_CHARACTERS:
            return


def _texts(task: Task, names: Sequence[str]) -> list[str]:
    """The texts of the first of these attributes that a task has."""
    value: Any = next((found for name in names if (found := getattr(task, name, ()))), ())
    texts = value.values() if isinstance(value, Mapping) else value
    return [text for text in texts if isinstance(text, str)]
