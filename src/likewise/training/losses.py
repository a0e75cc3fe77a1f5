"""Losses over the vectors of a batch.

A loss takes the vectors of the distinct texts of a batch, `[texts, dimension]`, and the batch. The
losses of sentence-transformers for scored pairs, cosines and triplets are used as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from likewise.errors import InputError
from likewise.training.examples import Batch, Kind

LossName = Literal["in-batch", "cosent", "cosine", "triplet", "softmax"]

TeacherVectors = Callable[[Sequence[str]], Any]
"""Vectors `[n, any dimension]` of texts by another model, as NumPy has them."""


class Loss(Protocol):
    """Computes the loss of a batch."""

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """The loss, a scalar.

        Args:
            vectors: of the texts of the batch, `[texts, dimension]`.
            batch: the batch.
        """
        ...


@dataclass(frozen=True)
class InBatchNegatives:
    """Cross-entropy over cosines: the positive among the positives and negatives of the batch.

    As in MultipleNegativesRankingLoss (Henderson et al., 2017). Where examples have labels, texts
    of one label are not negatives of each other (Khosla et al., 2020).

    Attributes:
        scale: cosines are multiplied by it; 1 / temperature.
        symmetric: also the anchor among the anchors of the batch, for each positive.
        guide: another model; a negative that it finds more similar to the anchor than the positive
            is left out (GISTEmbed, Solatorio, 2024).
        guide_margin: the guide leaves out from the similarity of the positive minus this.
    """

    scale: float = 20.0
    symmetric: bool = False
    guide: TeacherVectors | None = None
    guide_margin: float = 0.0

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`."""
        unit = functional.normalize(vectors, dim=-1)
        anchors, documents = unit[_rows(batch.anchors)], unit[_rows(_documents(batch))]
        scores = self.scale * anchors @ documents.T
        left_out = self._left_out(batch, scores.device)
        count = len(batch)
        target = torch.arange(count, device=scores.device)
        loss = functional.cross_entropy(scores.masked_fill(left_out, -torch.inf), target)
        if not self.symmetric:
            return loss
        backwards = scores[:, :count].T.masked_fill(left_out[:, :count].T, -torch.inf)
        return (loss + functional.cross_entropy(backwards, target)) / 2

    def _left_out(self, batch: Batch, device: torch.device) -> Tensor:
        """Which documents are no negatives of an anchor: bool `[examples, documents]`."""
        count, documents = len(batch), _documents(batch)
        own = np.arange(count)
        # an equal text can be the document of two anchors
        left_out = documents[None, :] == batch.positives[:, None]
        if len(batch.labels) == count:
            left_out[:, :count] |= batch.labels[:, None] == batch.labels[None, :]
        if self.guide is not None:
            guide = np.asarray(self.guide(batch.texts), np.float32)
            guide /= np.linalg.norm(guide, axis=1, keepdims=True).clip(1e-12)
            similar = guide[batch.anchors] @ guide[documents].T
            left_out |= similar > similar[own, own][:, None] - self.guide_margin
        left_out[own, own] = False
        return torch.from_numpy(left_out).to(device)


@dataclass(frozen=True)
class ScoredPairs:
    """The order of the similarities of scored pairs, by CoSENT, or their values.

    Attributes:
        name: `cosent` (ranks) or `cosine` (squared error of the cosine; scores from 0 to 1).
        scale: cosines are multiplied by it, for CoSENT.
    """

    name: Literal["cosent", "cosine"] = "cosent"
    scale: float = 20.0

    @cached_property
    def _loss(self) -> Any:
        from sentence_transformers.sentence_transformer import losses

        # they only use the model for texts, and get vectors here
        nothing: Any = torch.nn.Identity()
        if self.name == "cosine":
            return losses.CosineSimilarityLoss(nothing)
        return losses.CoSENTLoss(nothing, scale=self.scale)

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`."""
        pairs = [vectors[_rows(batch.anchors)], vectors[_rows(batch.positives)]]
        labels = torch.from_numpy(batch.labels).to(vectors.device)
        loss: Tensor = self._loss.compute_loss_from_embeddings(pairs, labels)
        return loss


@dataclass(frozen=True)
class Triplets:
    """The negative at least a margin farther from the anchor than the positive, by cosine.

    Attributes:
        margin: the least difference of the cosine distances.
    """

    margin: float = 0.2

    @cached_property
    def _loss(self) -> Any:
        from sentence_transformers.sentence_transformer import losses

        nothing: Any = torch.nn.Identity()
        metric = losses.TripletDistanceMetric.COSINE
        return losses.TripletLoss(nothing, distance_metric=metric, triplet_margin=self.margin)

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`.

        Raises:
            InputError: the data has no negatives.
        """
        if not len(batch.negatives):
            raise InputError(
                "the triplet loss needs negatives, and the data has none",
                hint="use the loss in-batch, or find negatives with likewise mine",
            )
        sides = (batch.anchors[batch.owners], batch.positives[batch.owners], batch.negatives)
        columns = [vectors[_rows(side)] for side in sides]
        loss: Tensor = self._loss.compute_loss_from_embeddings(columns, None)
        return loss


class Softmax(torch.nn.Module):
    """A linear classifier of labels on the vectors; only the encoder is saved.

    Args:
        dimension: of the vectors.
        labels: number of labels.
    """

    def __init__(self, dimension: int, labels: int) -> None:
        super().__init__()
        self.classifier = torch.nn.Linear(dimension, labels)

    def forward(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`."""
        labels = torch.from_numpy(batch.labels).long().to(vectors.device)
        return functional.cross_entropy(self.classifier(vectors[_rows(batch.anchors)]), labels)


@dataclass(frozen=True)
class Matryoshka:
    """The sum of a loss at several numbers of dimensions (Kusupati et al., 2022).

    Attributes:
        loss: the loss.
        dimensions: numbers of first dimensions, such as 384, 192, 96.
    """

    loss: Loss
    dimensions: tuple[int, ...]

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`."""
        each = [self.loss(vectors[:, :dimension], batch) for dimension in self.dimensions]
        return torch.stack(each).sum()


class StayClose(torch.nn.Module):
    """A loss, plus the distance of some vectors from those of the original model.

    It keeps general ability: what the data does not ask for does not change.

    Args:
        loss: the loss; if it is a module, its weights are trained too.
        original: vectors of the original model.
        weight: of the mean squared distance between vectors of length 1, which is 0 to 4.
        general: of the general texts of a batch, in place of those of its examples.
    """

    def __init__(
        self, loss: Loss, original: TeacherVectors, weight: float, *, general: bool = False
    ) -> None:
        super().__init__()
        self.loss, self.original, self.weight, self.general = loss, original, weight, general

    def forward(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `Loss`."""
        own = len(batch.texts) - len(batch.general)
        part = slice(own, None) if self.general else slice(own)
        target = torch.as_tensor(np.asarray(self.original(batch.texts[part]))).to(vectors)
        unit = functional.normalize(vectors[part], dim=-1)
        distance = (unit - functional.normalize(target, dim=-1)).square().sum(-1).mean()
        return self.loss(vectors, batch) + self.weight * distance


def default_loss(kind: Kind) -> LossName:
    """The loss that is used for a kind of example when none is named."""
    return "cosent" if kind == "scored" else "in-batch"


def check_loss(name: LossName, kind: Kind) -> None:
    """Check that a loss can use a kind of example.

    Raises:
        InputError: it cannot; the hint names those that can.
    """
    fitting: dict[Kind, tuple[str, ...]] = {
        "pairs": ("in-batch", "triplet"),
        "scored": ("cosent", "cosine"),
        "labeled": ("in-batch", "softmax"),
    }
    if name not in fitting[kind]:
        raise InputError(
            f"the loss {name} cannot use {kind} examples",
            hint="for these: " + ", ".join(fitting[kind]),
        )


def by_kind(losses: dict[Kind, Loss]) -> Loss:
    """One loss for batches of several kinds."""

    def loss(vectors: Tensor, batch: Batch) -> Tensor:
        return losses[batch.kind](vectors, batch)

    return loss


def _documents(batch: Batch) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.concatenate([batch.positives, batch.negatives])


def _rows(rows: np.ndarray[Any, np.dtype[np.int64]]) -> Tensor:
    return torch.from_numpy(rows)
