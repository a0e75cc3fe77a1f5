"""`likewise dedupe`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from likewise.analysis.dedup.removal_plan import PlannedRemoval
from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.errors import InputError
from likewise.operations.contract import Field
from likewise.operations.dedupe import DedupeRequest, DedupeResult
from likewise.operations.dedupe import dedupe as operation
from likewise.operations.removal_plan import (
    AppliedPlan,
    ApplyPlanRequest,
    RestoredFiles,
    UndoPlanRequest,
    apply_plan,
    undo_plan,
)
from likewise.operations.session import Session

SHOWN = 10
"""Groups shown."""
WIDTH = 60
"""Characters of a text that are shown."""


@dataclass(frozen=True, kw_only=True)
class DedupeCommand(DedupeRequest):
    """The options of the command, which also applies a plan and undoes one."""

    apply: Annotated[Path | None, Field("Apply a plan that was reviewed.")] = None
    undo: Annotated[Path | None, Field("Restore what a plan has removed.")] = None


def _run(request: DedupeCommand, session: Session) -> DedupeResult | AppliedPlan | RestoredFiles:
    if not (request.apply or request.undo):
        return operation(request, session)
    if request.files or (request.apply and request.undo):
        raise InputError(
            "a plan names its files itself", hint="likewise dedupe --apply PLAN -o OUTPUT"
        )
    if request.output is None:
        raise InputError("no output is named", hint="name one with -o")
    if request.apply:
        return apply_plan(ApplyPlanRequest(request.apply, request.output), session)
    return undo_plan(UndoPlanRequest(request.undo or Path(), request.output), session)


@command(DedupeCommand, _run)
def dedupe(result: DedupeResult | AppliedPlan | RestoredFiles, request: DedupeCommand) -> None:
    """Find exact copies and near-duplicates, and write the file without them.

    Without -o nothing is written, and the largest groups are shown. What is removed is written
    beside the output, with the reason; no input is changed.

    \b
    Example:
      likewise dedupe questions.csv -o clean.csv
      likewise dedupe train.jsonl --against test.jsonl -o clean.jsonl
      likewise dedupe --undo clean.plan.jsonl -o questions-again.csv
    """
    if not isinstance(result, DedupeResult) or request.output or request.plan:
        return
    groups: dict[int, list[PlannedRemoval]] = {}
    for step in result.plan.steps:
        if not step.remove:
            continue
        groups.setdefault(step.group, []).append(step)
    rows = [
        [
            str(len(steps)),
            f"{min(step.similarity for step in steps):.3f}",
            steps[0].kept_text[:WIDTH],
            min(steps, key=lambda step: step.similarity).text[:WIDTH],
        ]
        for steps in list(groups.values())[:SHOWN]
    ]
    if rows:
        say_table(["copies", "least", "kept", "farthest from it"], rows)
    differing = [
        [f"{step.similarity:.3f}", step.differs[:WIDTH], step.text[:WIDTH], step.kept_text[:WIDTH]]
        for step in result.plan.steps
        if not step.remove
    ]
    if differing:
        say("")
        say_table(["similar", "kept, differs in", "one text", "the other"], differing[:SHOWN])
    pairs = [
        [
            f"{pair.similarity:.3f}",
            "same" if pair.same else "different",
            pair.text[:WIDTH],
            pair.other[:WIDTH],
        ]
        for pair in result.borderline
    ]
    if pairs:
        say("")
        say_table(["near the threshold", "taken as", "one text", "the other"], pairs)
