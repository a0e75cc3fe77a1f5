"""Find the model, number format and vector size that suit a data set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.atomic import atomic
from likewise.evaluation.candidates import ScoredCandidate, VectorForms
from likewise.evaluation.discover import Reading
from likewise.evaluation.model_comparison import ModelComparison, compare_models
from likewise.evaluation.recommendation import TOLERANCE
from likewise.evaluation.report import html_report
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.operations.task_reading import TaskColumns, TaskType, columns_by_role
from likewise.operations.texts import Encoding


@dataclass(frozen=True)
class CompareRequest:
    """Models, and the data to compare them on."""

    models: Annotated[
        tuple[str, ...],
        Field("Catalogue names, hub ids or folders.", positional=True, metavar="MODEL..."),
    ]
    on: Annotated[
        Path, Field("Your data; if it has no labels, weak labels are generated.", local=True)
    ]
    computes: Annotated[str, Field("Number formats of the network, separated by commas.")] = (
        "float32,bfloat16,int8"
    )
    dimensions: Annotated[
        str, Field("Vector sizes, separated by commas: full, half, quarter, or numbers.")
    ] = "full,half,quarter"
    precisions: Annotated[str, Field("Number formats of the vectors, separated by commas.")] = (
        "float32,int8,binary"
    )
    tolerance: Annotated[
        float,
        Field(
            "Loss of quality, in points of 100, that speed or smaller vectors may cost.",
            minimum=0, maximum=100,
        ),
    ] = 100 * TOLERANCE  # fmt: skip
    columns: TaskColumns = ""
    type: TaskType = None
    encoding: Encoding = None
    report: Annotated[
        Path, Field("The HTML page to write.", short="-o", local=True, output=True)
    ] = Path("comparison.html")


@dataclass(frozen=True)
class CompareResult:
    """Models compared, with a recommendation.

    Attributes:
        comparison: every candidate with its quality and cost.
        report: the HTML page that was written.
    """

    comparison: ModelComparison
    report: Path

    def to_dict(self) -> dict[str, Any]:
        """What `ModelComparison` has, and the path of the `report`."""
        return self.comparison.to_dict() | {"report": str(self.report)}


def compare(request: CompareRequest, session: Session) -> CompareResult:
    """Score every model, in every number format and vector form, and write a report.

    Raises:
        RecordError: the data cannot be read, or no labels can be generated.
        InputError: the columns, dimensions or precisions are not known, or the tolerance is not
            between 0 and 100.
        CheckpointError: a model cannot be used.
        OutputError: the page cannot be written.
    """
    found = compare_models(
        request.models,
        request.on,
        computes=_listed(request.computes),
        forms=VectorForms(_listed(request.dimensions), _listed(request.precisions)),
        tolerance=request.tolerance / 100,
        reading=Reading(columns_by_role(request.columns), request.type, request.encoding),
        loader=session.models.get,
        on_left_out=lambda left: session.message("left_out", str(left), **asdict(left)),
        on_task=lambda task: session.detail("task", f"comparing on {task.name}", **asdict(task)),
        on_scored=lambda scored: _report(session, scored),
        progress=session.progress,
    )
    with atomic(request.report) as file:
        file.write(html_report(found).encode())
    if found.label_warning:
        session.message("weak_labels", found.label_warning)
    session.message("written", f"wrote {request.report}", path=str(request.report))
    return CompareResult(found, request.report)


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _report(session: Session, scored: ScoredCandidate) -> None:
    """A row of the table, as soon as it is known."""
    text = f"{scored.candidate.label}: {scored.metric} {100 * scored.quality.value:.2f}"
    session.detail("scored", text, **asdict(scored), vector_bytes=scored.candidate.vector_bytes)
