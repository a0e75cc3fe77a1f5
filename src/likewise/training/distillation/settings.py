"""What a distillation does, and what it gave."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from likewise.errors import InputError

if TYPE_CHECKING:  # it imports NumPy, which a command's help does not need
    from likewise.training.gate import Change

DistillationLoss = Literal["mse", "cosine", "kl"]
Kind = Literal["static", "layers", "cross-encoder"]


@dataclass(frozen=True)
class DistillationSettings:
    """A distillation.

    Attributes:
        model: the teacher: catalogue name, hub id or folder; a cross-encoder where `student` is
            given.
        texts: files of texts of the kind that the student will read; of pairs for a cross-encoder.
        static: make a table of token vectors.
        layers: number of layers of the student.
        kept_layers: the teacher's layers that it takes, from 0, in place of equal distances.
        hidden_size: of its network; the teacher's when None.
        dimension: of its vectors; the teacher's when None.
        student: the encoder that learns from a cross-encoder.
        column: of the texts; detected when None.
        columns: of pairs, by role.
        max_texts: most texts that are used.
        loss: what is minimized.
        epochs: times that each text is used.
        max_minutes: most minutes of the steps.
        batch: texts or pairs of a step.
        learning_rate: the highest one.
        max_tokens: length that texts are cut to in training; the teacher reads them whole.
        on: tasks that both models are measured on; the general set if there are none.
        seed: the same seed gives the same model.
    """

    model: str
    texts: tuple[str, ...] = ()
    static: bool = False
    layers: int | None = None
    kept_layers: tuple[int, ...] = ()
    hidden_size: int | None = None
    dimension: int | None = None
    student: str | None = None
    column: str | None = None
    columns: str = ""
    max_texts: int = 200_000
    loss: DistillationLoss = "mse"
    epochs: float = 1.0
    max_minutes: float | None = None
    batch: int = 64
    learning_rate: float = 1e-4
    max_tokens: int | None = None
    on: tuple[str, ...] = ()
    seed: int = 0

    @property
    def kind(self) -> Kind:
        """What is made.

        Raises:
            InputError: nothing, or several things.
        """
        smaller = bool(self.layers or self.kept_layers or self.hidden_size)
        if sum((self.static, smaller, self.student is not None)) > 1:
            raise InputError(
                "a distillation gives one kind of model",
                hint="choose one of --static, --layers (with --hidden-size), --student",
            )
        if self.student is not None:
            return "cross-encoder"
        if self.static:
            return "static"
        if smaller or self.dimension:
            return "layers"
        raise InputError(
            "what should the student be?",
            hint="--static (a table of token vectors), --layers 3 (a smaller network), --dimension "
            "128 (shorter vectors), or --student MODEL (learns from a cross-encoder)",
        )

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class DistillationReport:
    """What a distillation gave.

    Attributes:
        teacher: name of the teacher.
        kind: what was made.
        output: the folder.
        texts: texts, or pairs, that it learned from.
        cut: texts longer than the teacher reads.
        layers: the teacher's layers that the student has; none for a table.
        dimension: of the student's vectors.
        steps: of the training; 0 for a table.
        changes: scores of the teacher and the student, on the same items.
        speed_before: sentences per second of the teacher; of the student before the training for
            a cross-encoder.
        speed_after: sentences per second of the student, in the same minute.
        megabytes_before: size of the teacher's weights.
        megabytes_after: size of the student's weights.
        fingerprint: of the student, in float32.
        seconds: time of everything.
    """

    teacher: str
    kind: Kind
    output: Path
    texts: int
    cut: int
    layers: tuple[int, ...]
    dimension: int
    steps: int
    changes: tuple[Change, ...]
    speed_before: float
    speed_after: float
    megabytes_before: float
    megabytes_after: float
    fingerprint: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values; changes also with `kept`, the share of the score."""
        changes = [asdict(change) | {"kept": kept(change)} for change in self.changes]
        return asdict(self) | {"output": str(self.output), "changes": changes}


def kept(change: Change) -> float:
    """The share of the teacher's score that a student has."""
    return change.after / change.before if change.before else 0.0
