"""The training loop: AdamW, warm-up, gradient norm, dev scores, and exact continuation."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import torch

from likewise.errors import InputError
from likewise.training.checkpoints import Checkpoints
from likewise.training.examples import Batch
from likewise.training.losses import Loss
from likewise.training.network import TrainingNetwork

LEAST_STEPS = 5
"""Steps of a training whose time is short."""

Schedule = Literal["linear", "cosine", "constant"]


@dataclass(frozen=True)
class TrainerSettings:
    """How weights are updated.

    Attributes:
        steps: number of steps.
        learning_rate: the highest one.
        warmup_steps: steps in which it rises from 0.
        schedule: how it falls afterwards: to 0 in a line, to 0 along a cosine, or not at all.
        weight_decay: of all weights but biases and normalizations.
        max_gradient_norm: longer gradients are shortened to it; 0 does not.
        dev_every: steps between dev scores; 0 measures none.
        checkpoint_seconds: seconds between checkpoints.
        seed: of dropout.
    """

    steps: int
    learning_rate: float = 2e-5
    warmup_steps: int = 0
    schedule: Schedule = "linear"
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    dev_every: int = 0
    checkpoint_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"cannot train {self.steps} steps", hint="give 1 or more")
        if not self.learning_rate > 0:
            raise InputError(
                f"the learning rate is {self.learning_rate}", hint="give a number such as 2e-5"
            )

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        return self.learning_rate * (1 - done)


@dataclass(frozen=True)
class StepReport:
    """What is known after a step.

    Attributes:
        step: number of finished steps.
        loss: loss of the batch.
        learning_rate: of the step.
        gradient_norm: before it was shortened.
        texts: distinct texts of the batch.
        tokens: their tokens.
        padding: share of the computed tokens that were padding.
        seconds: time of all steps so far, also of earlier runs.
        drawn: examples of each file in the batch.
        dev: the dev score after the step, in points out of 100; None where none was measured.
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float
    texts: int
    tokens: int
    padding: float
    seconds: float
    drawn: tuple[int, ...] = ()
    dev: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """All attributes, for a line of the log."""
        return asdict(self) | {"drawn": list(self.drawn)}


class Batches(Protocol):
    """A source of batches that can be continued; `Mixer` is one."""

    def __next__(self) -> Batch:
        """The next batch."""
        ...

    def state(self) -> dict[str, Any]:
        """Where it is, as plain values."""
        ...

    def restore(self, state: Any) -> None:
        """Continue from a state."""
        ...


OnStep = Callable[[StepReport], None]
"""Called after every step; an error that it raises, such as a cancellation, ends the training."""


class Trainer:
    """Trains a network.

    Args:
        network: the network; its weights are changed.
        batches: gives the batches.
        loss: of the vectors of a batch; if it is a module, its weights are trained too.
        settings: how weights are updated.
        checkpoints: where the state is saved; None saves none.
        dev_score: measures the network, in points out of 100.
    """

    def __init__(
        self,
        network: TrainingNetwork,
        batches: Batches,
        loss: Loss,
        settings: TrainerSettings,
        *,
        checkpoints: Checkpoints | None = None,
        dev_score: Callable[[], float] | None = None,
    ) -> None:
        self.network, self.batches, self.loss = network, batches, loss
        self.settings, self._checkpoints, self._dev_score = settings, checkpoints, dev_score
        self._optimizer = torch.optim.AdamW(
            _groups(network, loss, settings.weight_decay), lr=settings.learning_rate, fused=True
        )
        self.step = 0
        self.seconds = 0.0

    def run(self, on_step: OnStep | None = None, *, stop_after: float | None = None) -> int:
        """Train to the last step, from the newest checkpoint if there is one.

        Ctrl-C, and an error of `on_step`, take effect between two steps, after a checkpoint.

        Args:
            on_step: called after every step.
            stop_after: seconds of training after which no other step begins, but for the first
                `LEAST_STEPS`.

        Returns:
            The number of finished steps.

        Raises:
            InputError: the loss is not a number any more.
        """
        if not self.restore():
            torch.manual_seed(self.settings.seed)
        self.network.model.train()
        saved, first = time.monotonic(), self.step
        while self.step < self.settings.steps:
            late = stop_after is not None and self.seconds >= stop_after
            if late and self.step >= LEAST_STEPS:
                break
            finished = False
            try:
                with deferred_interrupt():
                    report = self._one_step()
                    finished = True
                    if on_step:
                        on_step(report)
            except BaseException:
                if finished:  # else the weights may be between two states
                    self.save()
                raise
            if time.monotonic() - saved >= self.settings.checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        if self.step > first:
            self.save()
        return self.step

    def _one_step(self) -> StepReport:
        started = time.perf_counter()
        batch = next(self.batches)
        rate = self.settings.rate(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        result = self.network.backward(batch.texts, lambda vectors: self.loss(vectors, batch))
        norm = self._shorten()
        if not math.isfinite(result.loss) or not math.isfinite(norm):
            raise InputError(
                f"the loss is {result.loss} in step {self.step + 1}: the training diverged",
                hint="use a lower learning rate, such as 2e-5, or more warm-up steps",
            )
        self._optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - started
        every = self.settings.dev_every
        due = self._dev_score and every and self.step % every == 0
        return StepReport(
            self.step, result.loss, rate, norm, len(batch.texts), result.tokens,
            round(result.padding, 4), round(self.seconds, 3), batch.drawn,
            self._dev_score() if due and self._dev_score else None,
        )  # fmt: skip

    def _shorten(self) -> float:
        weights = [w for group in self._optimizer.param_groups for w in group["params"]]
        limit = self.settings.max_gradient_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(weights, limit))

    # continuation

    def save(self) -> None:
        """Save a checkpoint, if there is a place for it."""
        if self._checkpoints:
            self._checkpoints.save(self.step, self._state())

    def restore(self) -> bool:
        """Continue from the newest checkpoint; False where there is none."""
        state = self._checkpoints.newest() if self._checkpoints else None
        if state is None:
            return False
        self.network.model.load_state_dict(state["model"])
        if isinstance(self.loss, torch.nn.Module):
            self.loss.load_state_dict(state["loss"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.batches.restore(state["batches"])
        self.step, self.seconds = state["step"], state["seconds"]
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state_all(state["random_cuda"])
        return True

    def _state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "seconds": self.seconds,
            "model": self.network.model.state_dict(),
            "loss": self.loss.state_dict() if isinstance(self.loss, torch.nn.Module) else {},
            "optimizer": self._optimizer.state_dict(),
            "batches": self.batches.state(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None,
        }


def _groups(network: TrainingNetwork, loss: Loss, decay: float) -> list[dict[str, Any]]:
    """Weights with and without decay; biases and normalizations have none."""
    weights = network.parameters()
    if isinstance(loss, torch.nn.Module):
        weights += [weight for weight in loss.parameters() if weight.requires_grad]
    return [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Ctrl-C takes effect at the end of the block; a second one at once."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def remember(_: int, __: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed.is_set():
        raise KeyboardInterrupt
