"""Measures a model before and after a training, and decides which share of the change is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.encoder import Encoder
from likewise.errors import TruncationWarning
from likewise.evaluation.contract import Task
from likewise.loading import load
from likewise.progress import ProgressFactory
from likewise.training.averaging import AVERAGES, average_with
from likewise.training.data_check import texts_of
from likewise.training.gate import Measured, Purpose, Verdict, changes, judge, measure
from likewise.training.network import TrainingNetwork
from likewise.training.recipe import GateRecipe
from likewise.training.save import check_saved, save_network


@dataclass(frozen=True)
class Proof:
    """What a training is measured on.

    Attributes:
        tasks: the user's own first, then those of general ability.
        parent: the original model.
        candidate: folder that the trained model is written to.
        gate: when it passes.
        progress: opens a bar for each stage.
        on_note: called with notes.
    """

    tasks: Sequence[tuple[Task, Purpose]]
    parent: Encoder
    candidate: Path
    gate: GateRecipe
    progress: ProgressFactory
    on_note: Callable[[str, str], None]

    def measure(self, model: Encoder, title: str) -> list[Measured]:
        """Run a model on the tasks."""
        with (
            self.progress(len(self.tasks), title=title, unit="tasks") as advance,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", TruncationWarning)  # a finding of the checks
            found = []
            for task in self.tasks:
                found += measure(model, [task])
                advance(1)
        return found

    def verdict(
        self, network: TrainingNetwork, before: Sequence[Measured]
    ) -> tuple[Verdict, float]:
        """The verdict, and the share of the trained weights that it is on; these are written.

        Where only general ability fell too far, averages with the original weights are tried.

        Args:
            network: with the trained weights.
            before: the parent on the tasks.
        """
        trained = {name: value.clone() for name, value in network.model.state_dict().items()}
        tried: list[tuple[Verdict, float]] = []
        for share in AVERAGES if self.gate.average else AVERAGES[:1]:
            self._write(network, trained, share)
            model = load(self.candidate, compute="float32")
            check_saved(network, model, dev_texts(self.tasks))
            after = self.measure(model, "measuring the trained model")
            verdict = judge(changes(before, after), self.gate.max_drop)
            tried.append((verdict, share))
            if verdict.promoted or not _only_general_fell(verdict):
                break
        verdict, share = tried[-1] if tried[-1][0].promoted else tried[0]
        if share != tried[-1][1]:
            self._write(network, trained, share)
        if share < 1:
            self.on_note(
                "averaged",
                f"{share:.0%} of the change is kept: the weights are averaged with those of the "
                "original model, to hold general ability",
            )
        return verdict, share

    def _write(self, network: TrainingNetwork, trained: Mapping[str, Any], share: float) -> None:
        """Write the trained weights, or their average with the original ones."""
        if share < 1:
            average_with(network, self.parent.location.folder, trained, share)
        else:
            network.model.load_state_dict(trained)
        save_network(network, self.candidate)


def dev_texts(tasks: Sequence[tuple[Task, Purpose]]) -> list[str]:
    """The texts of the user's own tasks."""
    return [text for task, purpose in tasks if purpose == "dev" for text in texts_of(task)]


def _only_general_fell(verdict: Verdict) -> bool:
    return all(change.low > 0 for change in verdict.changes if change.purpose == "dev")
