"""An encoder learns from a cross-encoder: MarginMSE (Hofstätter et al., 2020).

For a query, a positive and a negative, the difference of the encoder's similarities follows the
difference of the cross-encoder's scores, so that a negative that answers the query after all does
no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from likewise.collections.contract import Scorer
from likewise.encoder import Encoder
from likewise.progress import Progress
from likewise.training.candidate_sources import PositivePair
from likewise.training.examples import Batch
from likewise.vectors import similarity_pairwise

SAMPLE = 500
"""Triplets by which the scores are scaled."""


@dataclass(frozen=True)
class Triplet:
    """A query, a positive and a negative, with the teacher's difference of their scores."""

    query: str
    positive: str
    negative: str
    margin: float


class MarginBatches:
    """Batches of triplets, in an order that a seed decides; every triplet once an epoch.

    Args:
        pairs: queries with positives and negatives.
        teacher: scores texts against a query.
        size: triplets of a batch.
        seed: of the order.
        query_prompt: put before queries.
        document_prompt: put before positives and negatives.
        progress: called with the number of queries that are scored.
    """

    def __init__(
        self,
        pairs: Sequence[PositivePair],
        teacher: Scorer,
        size: int,
        seed: int = 0,
        *,
        query_prompt: str = "",
        document_prompt: str = "",
        progress: Progress | None = None,
    ) -> None:
        bar = progress or Progress()
        self._triplets: list[Triplet] = []
        for pair in pairs:
            scores = teacher.scores(pair.query, [*pair.pos, *pair.neg]).tolist()
            positives = zip(pair.pos, scores, strict=False)
            negatives = list(zip(pair.neg, scores[len(pair.pos) :], strict=True))
            self._triplets += [
                Triplet(
                    query_prompt + pair.query, document_prompt + pos, document_prompt + neg, p - n
                )
                for pos, p in positives
                for neg, n in negatives
            ]
            bar(1)
        self._size, self._seed = min(size, len(self._triplets)), seed
        self._epoch = self._at = 0
        self._order = self._shuffled()

    def __len__(self) -> int:
        return len(self._triplets)

    def scale(self, student: Encoder) -> float:
        """What the teacher's differences are multiplied by to be of the size of the student's.

        A cosine differs by at most 2, and a cross-encoder's scores by 20.
        """
        some = self._triplets[:: max(1, len(self._triplets) // SAMPLE)]
        names = ("query", "positive", "negative")
        queries, positives, negatives = (
            np.concatenate(
                [p.vectors for p in student.encode_stream([getattr(t, n) for t in some])]
            )
            for n in names
        )
        own = similarity_pairwise(queries, positives) - similarity_pairwise(queries, negatives)
        theirs = np.array([each.margin for each in some])
        spread = float(np.sqrt(np.square(theirs).mean()))
        return float(np.sqrt(np.square(own).mean())) / spread if spread else 1.0

    def __next__(self) -> Batch:
        """The next batch; its labels are the teacher's differences."""
        if self._at + self._size > len(self._order):
            self._epoch, self._at = self._epoch + 1, 0
            self._order = self._shuffled()
        chosen = [self._triplets[n] for n in self._order[self._at : self._at + self._size].tolist()]
        self._at += self._size
        rows: dict[str, int] = {}

        def numbers(texts: Sequence[str]) -> NDArray[np.int64]:
            return np.array([rows.setdefault(text, len(rows)) for text in texts], np.int64)

        anchors = numbers([each.query for each in chosen])
        positives = numbers([each.positive for each in chosen])
        negatives = numbers([each.negative for each in chosen])
        labels = np.array([each.margin for each in chosen], np.float32)
        owners = np.arange(len(chosen))
        return Batch("pairs", tuple(rows), anchors, positives, negatives, owners, labels)

    def state(self) -> dict[str, Any]:
        """Where the drawing is, as plain values."""
        return {"epoch": self._epoch, "at": self._at}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self._epoch, self._at = int(state["epoch"]), int(state["at"])
        self._order = self._shuffled()

    def _shuffled(self) -> NDArray[np.int64]:
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._triplets))


@dataclass(frozen=True)
class MarginMse:
    """Squared error of the differences of cosines.

    Attributes:
        scale: of the teacher's differences.
    """

    scale: float

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `losses.Loss`."""
        unit = functional.normalize(vectors, dim=-1)
        sides = (batch.anchors, batch.positives, batch.negatives)
        queries, positives, negatives = (unit[torch.from_numpy(side)] for side in sides)
        margins = (queries * positives).sum(-1) - (queries * negatives).sum(-1)
        target = self.scale * torch.from_numpy(batch.labels).to(margins)
        return functional.mse_loss(margins, target)
