"""Results as files: mteb's shape for every task, and a manifest of how they came about."""

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
VERSIONED = ("likewise", "numpy", "openvino", "tokenizers", "scikit-learn", "mteb")


@dataclass(frozen=True)
class TaskScores:
    """One model's scores on one task.

    Attributes:
        task: its name.
        type: its kind.
        split: which part of the data.
        data: hash of the data, 32 hex digits.
        main: name of the main metric.
        scores: metric by name, 0 to 1.
        seconds: time it took.
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
        """As mteb's `TaskResult` writes it; `hf_subset` and languages are mteb's own words."""
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
        """Read what `to_mteb` wrote."""
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
    """One model's scores.

    Attributes:
        name: what it was loaded as.
        fingerprint: of the model; empty where it has none.
        compute: number format of the network; empty where it is not known.
        dimension: of its vectors.
        tasks: its scores, task by task.
    """

    name: str
    fingerprint: str
    compute: str
    dimension: int
    tasks: tuple[TaskScores, ...] = ()

    def of(self, task: str, data: str | None = None) -> TaskScores | None:
        """Its scores on a task, on exactly that data where it is given; None where it has none."""
        same = (t for t in self.tasks if t.task == task and data in (None, t.data))
        return next(same, None)


@dataclass(frozen=True)
class Evaluation:
    """Models on tasks.

    Attributes:
        models: the models with their scores.
        manifest: versions, machine, time and seed.
    """

    models: tuple[ModelScores, ...]
    manifest: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain dictionaries, for JSON."""
        models = [
            {f.name: getattr(m, f.name) for f in dataclasses.fields(m) if f.name != "tasks"}
            | {"tasks": [t.to_mteb() for t in m.tasks]}
            for m in self.models
        ]
        return {"format": FORMAT, "manifest": dict(self.manifest), "models": models}

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic(path) as file:
            file.write(json.dumps(self.to_dict(), indent=2, ensure_ascii=False).encode() + b"\n")


def load_evaluation(path: str | Path) -> Evaluation:
    """Read what `Evaluation.save` wrote.

    Raises:
        RecordError: it is not there, or is something else.
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
            f"{path} holds no evaluation results", hint="likewise evaluate --output writes them"
        ) from error


def scored(task: Task, outcome: TaskOutcome, seconds: float) -> TaskScores:
    """A task's outcome as a record."""
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
    """Hash of a task's data and settings (of its `version`, where it has one): 32 hex digits."""
    version = getattr(task, "version", None)
    record = dataclasses.asdict(task) if version is None else version  # type: ignore[call-overload]
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]


def manifest(seed: int = 42) -> dict[str, Any]:
    """Versions, machine, time and seed of a run that starts now."""
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
    for name in VERSIONED:
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
