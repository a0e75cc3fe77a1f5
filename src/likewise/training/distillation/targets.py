"""What a student learns from: texts, the teacher's vectors of them, and losses against these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from likewise.training.distillation.settings import DistillationLoss
from likewise.training.examples import Batch


class TextBatches:
    """Batches of single texts, in an order that a seed decides; every text once an epoch.

    Args:
        texts: the texts.
        size: texts of a batch.
        seed: of the order.
    """

    def __init__(self, texts: Sequence[str], size: int, seed: int = 0) -> None:
        self._texts, self._size, self._seed = texts, min(size, len(texts)), seed
        self._epoch = self._at = 0
        self._order = self._shuffled()

    def _shuffled(self) -> NDArray[np.int64]:
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._texts))

    def __next__(self) -> Batch:
        """The next batch."""
        if self._at + self._size > len(self._order):
            self._epoch, self._at = self._epoch + 1, 0
            self._order = self._shuffled()
        chosen = self._order[self._at : self._at + self._size].tolist()
        self._at += self._size
        rows = np.arange(len(chosen))
        nothing = np.empty(0, np.int64)
        return Batch(
            "labeled", tuple(self._texts[n] for n in chosen), rows, nothing, nothing, nothing,
            np.array(chosen, np.float32),
        )  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Where the drawing is, as plain values."""
        return {"epoch": self._epoch, "at": self._at}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self._epoch, self._at = int(state["epoch"]), int(state["at"])
        self._order = self._shuffled()


@dataclass(frozen=True)
class VectorTargets:
    """A loss against the teacher's vectors of the texts of a batch.

    Attributes:
        vectors: of all texts, float32 `[texts, dimension]`, by the number of the text.
        name: `mse` is the squared distance of vectors, summed over the dimensions; `cosine` is 1
            minus the cosine; `kl` compares how similar each text is to the others of the batch
            (Kullback-Leibler divergence of both distributions), plus the cosine.
        scale: similarities are multiplied by it, for `kl`.
    """

    vectors: NDArray[np.float32]
    name: DistillationLoss = "mse"
    scale: float = 20.0

    def __call__(self, vectors: Tensor, batch: Batch) -> Tensor:
        """See `losses.Loss`."""
        numbers = batch.labels.astype(np.int64)
        target = torch.from_numpy(np.asarray(self.vectors[numbers], np.float32)).to(vectors)
        if self.name == "mse":
            return (vectors - target).square().sum(-1).mean()
        distance = (1 - functional.cosine_similarity(vectors, target)).mean()
        if self.name == "cosine":
            return distance
        return distance + _divergence(vectors, target, self.scale)


def _divergence(vectors: Tensor, target: Tensor, scale: float) -> Tensor:
    """KL divergence of the distributions of similarities to the other texts of the batch."""
    same = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)

    def scores(of: Tensor) -> Tensor:
        unit = functional.normalize(of, dim=-1)
        return (scale * unit @ unit.T).masked_fill(same, -1e4)

    return functional.kl_div(
        functional.log_softmax(scores(vectors), -1),
        functional.log_softmax(scores(target), -1),
        log_target=True, reduction="batchmean",
    )  # fmt: skip
