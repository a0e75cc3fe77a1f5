"""Jobs over files, as functions: `likewise.dedupe`, `likewise.cluster`, `likewise.train`.

Each one calls the operation of the same name. Without a session of the caller's, progress is shown
on a terminal, and messages (texts that were truncated, the column that was guessed) go to the
logger `likewise` at level INFO.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from likewise.analysis.dedup.exact import Keep
from likewise.hub.catalog import DEFAULT
from likewise.operations.cluster import ClusterRequest, ClusterResult
from likewise.operations.cluster import cluster as cluster_operation
from likewise.operations.contract import ComputeName
from likewise.operations.dedupe import DedupeRequest, DedupeResult
from likewise.operations.dedupe import dedupe as dedupe_operation
from likewise.operations.session import Message, Session
from likewise.operations.train import TrainRequest, TrainResult
from likewise.operations.train import train as train_operation
from likewise.progress import bar
from likewise.training.recipe import LossChoice

Files = str | Path | Sequence[str | Path]
"""One or several files, folders or patterns."""


def dedupe(
    files: Files,
    *,
    threshold: float | None = None,
    percentile: float | None = None,
    against: Files = (),
    keep: Keep = "longest",
    remove_differing: bool = False,
    output: str | Path | None = None,
    column: str | None = None,
    model: str = DEFAULT,
    compute: ComputeName = "auto",
    device: str = "auto",
    cluster: str | None = None,
    session: Session | None = None,
) -> DedupeResult:
    """Find exact copies and near-duplicates in files.

        found = likewise.dedupe("questions.csv", threshold=0.85)
        found.rethreshold(0.92).write("clean.csv")

    Args:
        files: texts, one per line, or a table; folders and patterns too.
        threshold: least cosine similarity of near-duplicates; 0.9 if nothing is given.
        percentile: the same, as a percentile of the similarities of random pairs, such as 99.99.
        against: remove what these files contain too, such as a test set.
        keep: which text of a group stays.
        remove_differing: remove near texts that differ in a number, a date, a unit, a negation or
            a name, too; otherwise they stay, and are listed.
        output: file for what stays, a folder for several files; nothing is written if None.
        column: the column of the texts; detected if None.
        model: catalogue name, hub id or folder of the model.
        compute: number format of the network.
        device: where to run.
        cluster: run on a Ray cluster: `HOST:PORT` of its head, or `local`.
        session: loaded models, progress and messages, to share between calls.

    Returns:
        The duplicates in groups; `rethreshold` tries another threshold, `write` writes the files.

    Raises:
        InputError: an unusable threshold, or an output that would overwrite an input.
        RecordError: a file cannot be read.
        OutputError: a file cannot be written.
        CheckpointError: the model cannot be used.
    """
    request = DedupeRequest(
        files=_paths(files), threshold=threshold, percentile=percentile, against=_paths(against),
        keep=keep, remove_differing=remove_differing, output=_path(output), column=column,
        model=model, compute=compute, device=device, cluster=cluster,
    )  # fmt: skip
    return dedupe_operation(request, session or _session())


def cluster(
    files: Files,
    *,
    clusters: int | None = None,
    resolution: float = 1.0,
    levels: int = 2,
    assign_all: bool = False,
    smallest: int | None = None,
    runs: int = 5,
    seed: int = 0,
    output: str | Path | None = None,
    column: str | None = None,
    model: str = DEFAULT,
    compute: ComputeName = "auto",
    device: str = "auto",
    cluster: str | None = None,
    session: Session | None = None,
) -> ClusterResult:
    """Group the texts of files by what they are about, and name the groups.

        found = likewise.cluster("questions.csv")
        found.relabel({0: "cards"}).write("clustered.csv")

    Args:
        files: texts, one per line, or a table; folders and patterns too.
        clusters: number of clusters; found automatically if None.
        resolution: 2 gives twice as many clusters as are found automatically, 0.5 half as many.
        levels: depth of the tree of topics.
        assign_all: leave no text unclustered.
        smallest: least number of texts in a cluster; chosen by the size of the corpus if None.
        runs: repetitions that measure how stable the clusters are; 0 does without.
        seed: the same seed gives the same clusters.
        output: table of the texts with their clusters; nothing is written if None.
        column: the column of the texts; detected if None.
        model: catalogue name, hub id or folder of the model.
        compute: number format of the network.
        device: where to run.
        cluster: run on a Ray cluster: `HOST:PORT` of its head, or `local`.
        session: loaded models, progress and messages, to share between calls.

    Returns:
        The clusters and their topics; `relabel` renames them, `at` takes fewer or more of them,
        `at_level` a deeper level of the tree, `write` writes a table.

    Raises:
        InputError: too few different texts, a setting out of range, or an unusable output.
        RecordError: a file cannot be read.
        OutputError: the output cannot be written.
        CheckpointError: the model cannot be used.
        MissingExtraError: the extra `explore` is not installed.
    """
    request = ClusterRequest(
        files=_paths(files), clusters=clusters, resolution=resolution, levels=levels,
        assign_all=assign_all, smallest=smallest, runs=runs, seed=seed, output=_path(output),
        column=column, model=model, compute=compute, device=device, cluster=cluster,
    )  # fmt: skip
    return cluster_operation(request, session or _session())


def train(
    model: str | Path = DEFAULT,
    data: Files = (),
    *,
    output: str | Path,
    columns: str = "",
    loss: LossChoice | None = None,
    max_minutes: float | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    max_tokens: int | None = None,
    dev: str | Path | None = None,
    every: int | None = None,
    general: Files = (),
    max_drop: float | None = None,
    queries: Files = (),
    seed: int | None = None,
    device: str = "cpu",
    restart: bool = False,
    force: bool = False,
    session: Session | None = None,
) -> TrainResult:
    """Improve a model on data, and write it if it got better.

        result = likewise.train("all-MiniLM-L6-v2", "pairs.jsonl", output="tuned", max_minutes=5)
        result.report.verdict.sentence

    A call that was interrupted continues when it is made again.

    Args:
        model: the model to improve: a catalogue name, a hub id or a folder; or a recipe (`.yaml`).
        data: tables of pairs, triplets, scored pairs or labeled texts; `FILE=WEIGHT` for several.
        output: the new folder.
        columns: columns by role, where they are not found: `anchor=title,positive=body`.
        loss: what is minimized; chosen by the data if None.
        max_minutes: most minutes of the whole run.
        steps: number of steps.
        epochs: times that each example is used.
        batch: examples of a step.
        learning_rate: the highest one; 1e-4 for networks of 384 dimensions if None, less for wider
            ones.
        max_tokens: length that texts are cut to in training.
        dev: a task of your own to measure; a part of the data is held out if None.
        every: steps between dev scores during training; none are measured if None.
        general: tasks that must not get worse; the set that is shipped if empty.
        max_drop: points out of 100 that a general score may fall.
        queries: of yours, whose nearest texts are given before and after; some are chosen if empty.
        seed: the same seed gives the same model.
        device: `cpu`, or with torch `cuda` or `mps`.
        restart: begin again, where an interrupted run could be continued.
        force: write the model although it does not pass the gate.
        session: progress and messages.

    Returns:
        Scores before and after, the verdict, and where the model is; `failure` says why it was not
        written.

    Raises:
        InputError: unusable settings or data, or the training diverged.
        RecordError: a file cannot be read.
        CheckpointError: the model cannot be used.
        OutputError: the folder cannot be written.
        MissingExtraError: the extra `train` is not installed.
    """
    request = TrainRequest(
        output=Path(output), model=str(model), data=_paths(data), columns=columns, loss=loss,
        max_minutes=max_minutes, steps=steps, epochs=epochs, batch=batch,
        learning_rate=learning_rate, max_tokens=max_tokens,
        dev=None if dev is None else str(dev), every=every, general=_paths(general),
        max_drop=max_drop, queries=_paths(queries), seed=seed, device=device, restart=restart,
        force=force,
    )  # fmt: skip
    return train_operation(request, session or _session())


def _paths(files: Files) -> tuple[str, ...]:
    several = [files] if isinstance(files, str | Path) else files
    return tuple(str(file) for file in several)


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _session() -> Session:
    return Session(progress=bar, on_message=_log)


def _log(message: Message) -> None:
    logging.getLogger("likewise").info("%s", message.text)
