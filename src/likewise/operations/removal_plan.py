"""Apply a reviewed plan of `dedupe`, or restore what it removed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.analysis.dedup.removal_plan import apply_plan as apply
from likewise.analysis.dedup.removal_plan import read_plan, undo
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.wording import counted


@dataclass(frozen=True)
class ApplyPlanRequest:
    """A plan to apply."""

    plan: Annotated[Path, Field("The plan, as it was written or edited.", local=True)]
    output: Annotated[
        Path, Field("File of the kept rows; a folder for several files.", local=True, output=True)
    ]


@dataclass(frozen=True)
class AppliedPlan:
    """A plan that was applied.

    Attributes:
        removed: number of removed texts.
        output: the file, or the folder, of the kept rows.
    """

    removed: int
    output: Path

    def to_dict(self) -> dict[str, Any]:
        """Keys: `removed`, `output`."""
        return {"removed": self.removed, "output": str(self.output)}


def apply_plan(request: ApplyPlanRequest, session: Session) -> AppliedPlan:
    """Write the kept and the removed rows to new files.

    Raises:
        RecordError: the plan cannot be read, or a file has changed since it was made.
        InputError: an output would overwrite a file of the plan, or has another format.
        OutputError: a file cannot be written.
    """
    done = apply(read_plan(request.plan), request.output)
    removed = sum(map(len, done.lines().values()))
    session.message(
        "applied",
        f"removed {counted(removed, 'text')}; the rest is in {request.output}",
        removed=removed, output=str(request.output),
    )  # fmt: skip
    return AppliedPlan(removed, request.output)


@dataclass(frozen=True)
class UndoPlanRequest:
    """A plan that was applied, to be undone."""

    plan: Annotated[Path, Field("The plan beside the output.", local=True)]
    output: Annotated[
        Path, Field("The file to restore; a folder for several files.", local=True, output=True)
    ]


@dataclass(frozen=True)
class RestoredFiles:
    """Files as they were before a plan was applied.

    Attributes:
        restored: the files.
    """

    restored: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """Keys: `restored`."""
        return {"restored": [str(path) for path in self.restored]}


def undo_plan(request: UndoPlanRequest, session: Session) -> RestoredFiles:
    """Write the files as they were before a plan was applied.

    Raises:
        InputError: the plan was not applied, or an output would overwrite a file of the plan.
        RecordError: the plan cannot be read, or a file that it wrote has changed since.
        OutputError: a file cannot be written.
    """
    restored = undo(read_plan(request.plan), request.output)
    names = ", ".join(map(str, restored))
    session.message("restored", f"restored {names}", files=[str(path) for path in restored])
    return RestoredFiles(restored)
