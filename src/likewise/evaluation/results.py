"""Results of evaluations as files: the scores in mteb's format, and a manifest of the run."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from likewise.atomic import atomic
from likewise.errors import RecordError
from likewise.evaluation.contract import Task, TaskOutcome

FORMAT = "likewise-evaluation-1"
MANIFEST_PACKAGES = ("likewise", "numpy", "openvino", "tokenizers", "scikit-learn", "mteb")


@dataclass(frozen=True)
class TaskScores:
    """The scores of a model on a task.

    Attributes:
        task: name of the task.
        type: type of the task.
        split: of the data.
        data: hash of the data, 32 hex digits.
        main: name of the main metric.
        scores: value by metric, 0 to 1.
        seconds: duration.
    """

    task: str
    type: str
    split: str
    data: str
    main: str
    scores: Mapping[str, float]
    seconds: float

    @property
    def score(self) -> float:
        """The main metric, in points out of 100."""
        return 100 * self.scores[self.main]

    def to_mteb(self) -> dict[str, Any]:
        """The scores in the format of mteb's `TaskResult`."""
        scores = dict(self.scores) | {
            "main_score": self.scores[self.main],
            "main_metric": self.main,
            "task_type": self.type,
            "hf_subset": "default",
            "languages": ["und-Zyyy"],
        }
        return {
            "task_name": self.task,
            "dataset_revision": self.data,
            "mteb_version": None,
            "scores": {self.split: [scores]},
            "evaluation_time": self.seconds,
            "kg_co2_emissions": None,
        }

    @classmethod
    def from_mteb(cls, record: Mapping[str, Any]) -> TaskScores:
        """Read the output of `to_mteb`."""
        ((split, (scores,)),) = record["scores"].items()
        plain = {k: v for k, v in scores.items() if isinstance(v, int | float)}
        plain.pop("main_score")
        return cls(
            record["task_name"],
            scores["task_type"],
            split,
            record["dataset_revision"],
            scores["main_metric"],
            plain,
            record["evaluation_time"],
        )


@dataclass(frozen=True)
class ModelScores:
    """The scores of a model on several tasks.

    Attributes:
        name: the name the model was loaded by.
        fingerprint: of the model; empty if it has none.
        compute: number format of the network; empty if it is unknown.
        dimension: of the vectors.
        tasks: the scores, by task.
    """

    name: str
    fingerprint: str
    compute: str
    dimension: int
    tasks: tuple[TaskScores, ...] = ()

    def of(self, task: str, data: str | None = None) -> TaskScores | None:
        """The scores on a task, and on data with this hash if given; None if there are none."""
        matching = (t for t in self.tasks if t.task == task and data in (None, t.data))
        return next(matching, None)


@dataclass(frozen=True)
class Evaluation:
    """The scores of several models.

    Attributes:
        models: the models with their scores.
        manifest: versions, machine, time and seed.
    """

    models: tuple[ModelScores, ...]
    manifest: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain dictionaries, for JSON."""
        models = [
            {f.name: getattr(m, f.name) for f in dataclasses.fields(m) if f.name != "tasks"}
            | {"tasks": [t.to_mteb() for t in m.tasks]}
            for m in self.models
        ]
        return {"format": FORMAT, "manifest": dict(self.manifest), "models": models}

    def save(self, path: str | Path) -> None:
        """Write a JSON file, atomically.

        Raises:
            OutputError: the file cannot be written.
        """
        with atomic(path) as file:
            file.write(json.dumps(self.to_dict(), indent=2, ensure_ascii=False).encode() + b"\n")


def load_evaluation(path: str | Path) -> Evaluation:
    """Read a file that `Evaluation.save` wrote.

    Raises:
        RecordError: the file is missing, or not an evaluation.
    """
    try:
        record = json.loads(Path(path).read_text("utf-8"))
        if record["format"] != FORMAT:
            raise KeyError(FORMAT)
        models = tuple(
            ModelScores(**m | {"tasks": tuple(map(TaskScores.from_mteb, m["tasks"]))})
            for m in record["models"]
        )
        return Evaluation(models, record["manifest"])
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(
            f"{path} has no evaluation results", hint="likewise evaluate --output writes them"
        ) from error


def task_scores(task: Task, outcome: TaskOutcome, seconds: float) -> TaskScores:
    """The scores of an outcome."""
    return TaskScores(
        task.name,
        task.type,
        task.split,
        data_hash(task),
        outcome.main_score,
        dict(outcome.scores),
        round(seconds, 3),
    )


def data_hash(task: Task) -> str:
    """Hash of the data and settings of a task, or of its `version` if it has one: 32 hex digits."""
    version = getattr(task, "version", None)
    record = dataclasses.asdict(task) if version is None else version  # type: ignore[call-overload]
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]


def manifest(seed: int = 42) -> dict[str, Any]:
    """Versions, machine, current time, and seed of a run."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "versions": {"python": platform.python_version()} | _versions(),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
        },
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in MANIFEST_PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
