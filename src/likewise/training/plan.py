"""How many steps a training has, by epochs and by the time that it may take."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch

from likewise.engine.openvino.timing import supports_bfloat16
from likewise.training.losses import Loss
from likewise.training.mixing import Mixer
from likewise.training.network import TrainingNetwork
from likewise.training.recipe import Recipe
from likewise.training.trainer import LEAST_STEPS

Compute = Literal["float32", "bfloat16"]

TIMED_STEPS = 2
"""Steps that are timed; the first one is not counted."""
SAFETY = 0.96
"""Share of the time left that steps are planned for."""
CLEARLY = 0.9
"""Share of the time in float32 that bfloat16 may take to be chosen."""
LEARNING_RATE = 1e-4
"""Of a network of `WIDTH`; wider ones need a lower one, in proportion."""
WIDTH = 384
MOST_EPOCHS = 10.0
"""Epochs, where only the time is limited."""
ENOUGH_STEPS = 100
"""Fewer steps in the time teach less than shorter texts would: texts are cut until so many fit."""
LEAST_TOKENS = 64
"""Texts are not cut further than this."""


@dataclass(frozen=True)
class Plan:
    """The length of a training.

    Attributes:
        steps: number of steps.
        warmup_steps: steps in which the learning rate rises.
        examples: rows that are trained on; the first block of each file where it is larger.
        epochs: times that each of them is used.
        seconds_per_step: as measured; None where no time is limited.
        compute: number format of the matrix products; weights are always in float32.
        max_tokens: length that texts are cut to in training.
        learning_rate: the highest one.
    """

    steps: int
    warmup_steps: int
    examples: int
    epochs: float
    seconds_per_step: float | None
    compute: Compute
    max_tokens: int
    learning_rate: float

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
        network: its steps are timed if the time is limited, and its `max_tokens` may be lowered;
            its weights do not change.
        mixer: gives the batches; it does not move.
        loss: of the vectors of a batch.
        seconds_left: for the steps; None without a limit.
    """
    examples = sum(source.rows for source in mixer.sources)
    per_epoch = max(1, math.ceil(examples / recipe.batch))
    epochs = recipe.epochs or (MOST_EPOCHS if recipe.max_minutes else 1.0)
    steps = recipe.steps or max(1, round(epochs * per_epoch))
    network.autocast = recipe.compute == "bfloat16" or (
        recipe.compute == "auto" and bfloat16_is_faster(network)
    )
    per_step = None
    if seconds_left is not None:
        started = time.monotonic()
        if recipe.max_tokens is None:
            enough = SAFETY * seconds_left / min(steps, ENOUGH_STEPS)
            per_step = cut_texts(network, mixer, loss, enough)
        per_step = per_step or time_step(network, mixer, loss)
        left = SAFETY * (seconds_left - (time.monotonic() - started))
        steps = min(steps, max(LEAST_STEPS, int(left / per_step)))
    compute: Compute = "bfloat16" if network.autocast else "float32"
    warmup = recipe.warmup if recipe.warmup >= 1 else recipe.warmup * steps
    rate = recipe.learning_rate
    if rate is None:
        rate = LEARNING_RATE * WIDTH / network.hidden_size
    return Plan(
        steps, round(warmup), examples, round(steps / per_epoch, 2), per_step, compute,
        network.max_tokens, rate,
    )  # fmt: skip


def bfloat16_is_faster(network: TrainingNetwork) -> bool:
    """Whether a chunk takes clearly less time in bfloat16, forward and backward.

    Processors without instructions for bfloat16 are slower in it; so are some that have them.
    """
    if network.device.type == "cpu" and not supports_bfloat16():
        return False
    seconds = {}
    rows = [[1] * 64] * max(1, network.chunk_tokens // 64)
    (chunk, *_) = network.chunks(rows)
    for autocast in (False, True):
        network.autocast = autocast
        times = []
        for _ in range(TIMED_STEPS):
            started = time.perf_counter()
            network.forward(chunk).sum().backward()  # type: ignore[no-untyped-call]
            if network.device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - started)
        seconds[autocast] = min(times)
    network.model.zero_grad(set_to_none=True)
    return seconds[True] < CLEARLY * seconds[False]


def cut_texts(network: TrainingNetwork, mixer: Mixer, loss: Loss, seconds: float) -> float | None:
    """Lower the length that texts are cut to, until a step takes so long at most.

    Steps are timed with the shortest texts, whose time is short on every machine.

    Args:
        network: whose `max_tokens` is set.
        mixer: gives the batches; it does not move.
        loss: of the vectors of a batch.
        seconds: of a step.

    Returns:
        Seconds of a step, if one of the length that was chosen was timed.
    """
    longest = network.max_tokens
    state = mixer.state()
    counts = np.array([len(row) for row in network.token_ids(next(mixer).texts)])
    mixer.restore(state)
    if counts.max() <= LEAST_TOKENS:
        return None
    network.max_tokens = LEAST_TOKENS
    shortest = np.minimum(counts, LEAST_TOKENS).sum()
    per_step = time_step(network, mixer, loss)
    while network.max_tokens < longest:
        longer = min(2 * network.max_tokens, longest)
        if per_step * np.minimum(counts, longer).sum() / shortest > seconds:
            break
        network.max_tokens = longer
    return per_step if network.max_tokens == LEAST_TOKENS else None


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
