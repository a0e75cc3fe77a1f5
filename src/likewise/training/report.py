"""What a training did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.training.checks import Finding
from likewise.training.gate import Verdict
from likewise.training.plan import Plan
from likewise.training.query_examples import QueryExample


@dataclass(frozen=True)
class TrainingReport:
    """What a training did.

    Attributes:
        model: name of the original model.
        output: folder of the written model; None if it was refused.
        candidate: folder of the refused model; None if it was written.
        files: a line for each file of data: its columns and its rows.
        held_out: rows that were held out.
        findings: what the checks of the data found.
        plan: number of steps.
        verdict: scores before and after, and the gate's decision.
        share: share of the trained weights in the written ones; 1 if nothing was averaged.
        seconds: of the whole run.
        training_seconds: of the steps alone, also of earlier runs.
        resumed: the step that the run continued from; 0 for a new one.
        drawn: examples of each file that were used.
        int8: mean cosine of the vectors in int8 with those in float32; None if not measured.
        fingerprint: of the written model, in float32.
        logs: folder of log, progress page and event file.
        examples: queries with their nearest texts before and after.
    """

    model: str
    output: Path | None
    candidate: Path | None
    files: tuple[str, ...]
    held_out: int
    findings: tuple[Finding, ...]
    plan: Plan
    verdict: Verdict
    share: float
    seconds: float
    training_seconds: float
    resumed: int
    drawn: tuple[int, ...]
    int8: float | None
    fingerprint: str
    logs: Path
    examples: tuple[QueryExample, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values."""
        return {
            "model": self.model,
            "output": str(self.output) if self.output else None,
            "candidate": str(self.candidate) if self.candidate else None,
            "files": list(self.files),
            "held_out": self.held_out,
            "findings": [finding.to_dict() for finding in self.findings],
            "plan": self.plan.to_dict(),
            "verdict": self.verdict.to_dict(),
            "share": self.share,
            "seconds": self.seconds,
            "training_seconds": self.training_seconds,
            "resumed": self.resumed,
            "drawn": list(self.drawn),
            "int8": self.int8,
            "fingerprint": self.fingerprint,
            "logs": str(self.logs),
            "examples": [example.to_dict() for example in self.examples],
        }
