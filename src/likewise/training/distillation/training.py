"""The training of a student network, with checkpoints: a stopped one continues."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder
from likewise.errors import InputError
from likewise.loading import load
from likewise.progress import ProgressFactory
from likewise.reranker import load_reranker
from likewise.training.columns import parse_columns
from likewise.training.distillation.cross_encoder import MarginBatches, MarginMse
from likewise.training.distillation.settings import DistillationSettings
from likewise.training.distillation.static_table import principal_directions
from likewise.training.distillation.student import ALIGNED, Shape, align, make_student
from likewise.training.distillation.targets import TextBatches, VectorTargets
from likewise.training.losses import Loss
from likewise.training.network import TrainingNetwork, load_network
from likewise.training.pair_files import read_pairs
from likewise.training.plan import SAFETY, time_step
from likewise.training.progress_log import ProgressLog
from likewise.training.run_folder import RunFolder
from likewise.training.save import save_network
from likewise.training.trainer import Batches, Trainer, TrainerSettings

WARMUP = 0.1
"""Share of the steps in which the learning rate rises."""

MOST_EPOCHS = 10.0
"""Epochs, where only the time is limited."""

OnNote = Callable[[str, str], None]


@dataclass(frozen=True)
class Trained:
    """A student that was trained and written.

    Attributes:
        layers: the teacher's layers that it has; none if it was an encoder before.
        texts: texts or pairs that it learned from.
        steps: finished steps.
    """

    layers: tuple[int, ...]
    texts: int
    steps: int


def train_layers(
    settings: DistillationSettings,
    teacher: Encoder,
    texts: Sequence[str],
    targets: NDArray[np.float32],
    *,
    work: Path,
    folder: Path,
    restart: bool,
    progress: ProgressFactory,
    on_note: OnNote,
) -> Trained:
    """Train a smaller network on the teacher's vectors, and write it.

    Args:
        settings: its shape, the loss and the steps.
        teacher: on the engine.
        texts: the texts.
        targets: the teacher's vectors of them, float32 `[texts, d]`.
        work: folder of checkpoints and logs.
        folder: where the student is written.
        restart: begin again, where an earlier run could be continued.
        progress: opens a bar for each stage.
        on_note: called with notes.
    """
    network = load_network(teacher.location.folder, dropout=0.0, max_tokens=settings.max_tokens)
    depth = settings.layers or (len(settings.kept_layers) if settings.kept_layers else None)
    shape = Shape(
        settings.kept_layers or depth or _depth(network), settings.hidden_size,
        settings.dimension,
    )  # fmt: skip
    dimension = settings.dimension
    if dimension is not None and dimension < targets.shape[1]:
        sample = np.asarray(targets[:: max(1, len(targets) // 50_000)], np.float32)
        targets = np.asarray(targets @ principal_directions(sample, dimension), np.float32)
    kept = make_student(network, shape)
    some = np.random.default_rng(settings.seed).permutation(len(texts))[:ALIGNED]
    with progress(1, title="aligning", unit="layers") as bar:
        cosine = align(network, [texts[n] for n in some.tolist()], np.asarray(targets[some]))
        bar(1)
    on_note("aligned", f"layers {', '.join(map(str, kept))}: cosine {cosine:.3f} before training")
    prompt = teacher.prompt_text(teacher.role_prompt("document"))
    prompted = [prompt + text for text in texts] if prompt else texts
    batches = TextBatches(prompted, settings.batch, settings.seed)
    loss = VectorTargets(targets, settings.loss)
    per_epoch = max(1, len(texts) // settings.batch)
    steps = _train(
        settings, network, batches, loss, per_epoch=per_epoch, work=work, restart=restart,
        progress=progress, on_note=on_note,
    )  # fmt: skip
    network.model.max_seq_length = teacher.max_seq_length
    save_network(network, folder)
    return Trained(kept, len(texts), steps)


def train_cross_encoder(
    settings: DistillationSettings,
    work: Path,
    folder: Path,
    *,
    restart: bool,
    progress: ProgressFactory,
    on_note: OnNote,
) -> Trained:
    """Train an encoder on the differences between a cross-encoder's scores, and write it.

    Args:
        settings: teacher, student, pairs with negatives, and the steps.
        work: folder of checkpoints and logs.
        folder: where the student is written.
        restart: begin again, where an earlier run could be continued.
        progress: opens a bar for each stage.
        on_note: called with notes.

    Raises:
        InputError: the pairs have no negatives.
    """
    pairs = [
        pair for pair in read_pairs(settings.texts, parse_columns(settings.columns)) if pair.neg
    ]
    if not pairs:
        raise InputError(
            "no pair has negatives, whose scores a student learns from",
            hint="likewise mine pairs.jsonl -o mined.jsonl, then --texts mined.jsonl",
        )
    student = load(settings.student or "", compute="float32")
    teacher = load_reranker(settings.model)
    network = load_network(student.location.folder, dropout=0.0, max_tokens=settings.max_tokens)
    with progress(len(pairs), title="scoring", unit="queries") as bar:
        batches = MarginBatches(
            pairs, teacher, settings.batch, settings.seed,
            query_prompt=student.prompt_text(student.role_prompt("query")),
            document_prompt=student.prompt_text(student.role_prompt("document")), progress=bar,
        )  # fmt: skip
    loss = MarginMse(batches.scale(student))
    per_epoch = max(1, len(batches) // settings.batch)
    steps = _train(
        settings, network, batches, loss, per_epoch=per_epoch, work=work, restart=restart,
        progress=progress, on_note=on_note,
    )  # fmt: skip
    save_network(network, folder)
    return Trained((), len(batches), steps)


def _depth(network: TrainingNetwork) -> tuple[int, ...]:
    """All layers, where only the dimensions change."""
    config = network.model[0].auto_model.config
    count = int(getattr(config, "num_hidden_layers", getattr(config, "n_layers", 0)))
    return tuple(range(count))


def _train(
    settings: DistillationSettings,
    network: TrainingNetwork,
    batches: Batches,
    loss: Loss,
    *,
    per_epoch: int,
    work: Path,
    restart: bool,
    progress: ProgressFactory,
    on_note: OnNote,
) -> int:
    """Run the steps; gives the number of finished ones."""
    run = RunFolder(work)
    lock = run.open({"distillation": settings.to_dict()}, restart=restart)
    try:
        plan = run.read_json("plan.json")
        if plan is None:
            plan = {"steps": _steps(settings, network, batches, loss, per_epoch)}
            run.write_json("plan.json", plan)
        steps = int(plan["steps"])
        trainer = Trainer(
            network, batches, loss,
            TrainerSettings(
                steps, settings.learning_rate, round(WARMUP * steps), "linear",
                seed=settings.seed,
            ),
            checkpoints=run.checkpoints,
        )  # fmt: skip
        reports = run.reports(run.checkpoints.step())
        if reports:
            on_note("resumed", f"continuing after step {reports[-1].step:,}")
        shown = ProgressLog(run, reports, steps, f"distilling {settings.model}")
        stop = None if settings.max_minutes is None else 60 * settings.max_minutes
        try:
            with progress(steps, title="training", unit="steps") as advance:
                advance(len(reports))
                trainer.run(lambda report: shown.add(report, advance), stop_after=stop)
        finally:
            shown.close(f"after step {trainer.step}")
        return trainer.step
    finally:
        lock.release()


def _steps(
    settings: DistillationSettings,
    network: TrainingNetwork,
    batches: Any,
    loss: Loss,
    per_epoch: int,
) -> int:
    """The number of steps, by the epochs and the minutes."""
    steps = max(1, math.ceil(settings.epochs * per_epoch))
    if settings.max_minutes is None:
        return steps
    possible = SAFETY * 60 * settings.max_minutes / time_step(network, batches, loss)
    return max(1, min(round(MOST_EPOCHS * per_epoch), int(possible)))
