"""How many steps a training has, by epochs and by the time that it may take."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

from likewise.training.losses import Loss
from likewise.training.mixing import Mixer
from likewise.training.network import TrainingNetwork
from likewise.training.recipe import Recipe

TIMED_STEPS = 3
"""Steps that are timed; the first one is not counted."""
LEAST_STEPS = 5
"""Steps of a training whose time is short."""
SAFETY = 0.92
"""Share of the time left that steps are planned for."""
MOST_EPOCHS = 10.0
"""Epochs, where only the time is limited."""


@dataclass(frozen=True)
class Plan:
    """The length of a training.

    Attributes:
        steps: number of steps.
        warmup_steps: steps in which the learning rate rises.
        examples: rows that are trained on; the first block of each file where it is larger.
        epochs: times that each of them is used.
        seconds_per_step: as measured; None where no time is limited.
    """

    steps: int
    warmup_steps: int
    examples: int
    epochs: float
    seconds_per_step: float | None

    def to_dict(self) -> dict[str, Any]:
        """All attributes."""
        return asdict(self)


def make_plan(
    recipe: Recipe,
    network: TrainingNetwork,
    mixer: Mixer,
    loss: Loss,
    *,
    seconds_left: float | None,
) -> Plan:
    """Plan a training.

    Args:
        recipe: the recipe.
        network: its steps are timed if the time is limited; its weights do not change.
        mixer: gives the batches; it does not move.
        loss: of the vectors of a batch.
        seconds_left: for the steps; None without a limit.
    """
    examples = sum(source.rows for source in mixer.sources)
    per_epoch = max(1, math.ceil(examples / recipe.batch))
    epochs = recipe.epochs or (MOST_EPOCHS if recipe.max_minutes else 1.0)
    steps = recipe.steps or max(1, round(epochs * per_epoch))
    per_step = None
    if seconds_left is not None:
        started = time.monotonic()
        per_step = time_step(network, mixer, loss)
        left = SAFETY * (seconds_left - (time.monotonic() - started))
        steps = min(steps, max(LEAST_STEPS, int(left / per_step)))
    warmup = recipe.warmup if recipe.warmup >= 1 else recipe.warmup * steps
    return Plan(steps, round(warmup), examples, round(steps / per_epoch, 2), per_step)


def time_step(network: TrainingNetwork, mixer: Mixer, loss: Loss) -> float:
    """Seconds of a step: forward, backward and the update of the weights."""
    state = mixer.state()
    network.model.train()
    seconds = []
    for _ in range(TIMED_STEPS):
        started = time.perf_counter()
        batch = next(mixer)
        network.backward(batch.texts, lambda vectors, b=batch: loss(vectors, b))  # type: ignore[misc]
        seconds.append(time.perf_counter() - started)
        network.model.zero_grad(set_to_none=True)
    mixer.restore(state)
    # the update reads and writes four values per weight; it is a few percent of a step
    return 1.03 * sum(seconds[1:]) / (TIMED_STEPS - 1)
