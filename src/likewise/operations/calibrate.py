"""Measure what a model's scores mean on a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.atomic import atomic
from likewise.evaluation.calibration import Calibration
from likewise.evaluation.calibration import calibrate as measure
from likewise.evaluation.corpora import Corpus, corpus_at, sampled
from likewise.evaluation.discover import Reading
from likewise.evaluation.score_report import calibration_page
from likewise.operations.contract import ComputeName, Field, ModelRequest
from likewise.operations.messages import report_scripts
from likewise.operations.session import Session
from likewise.operations.task_reading import TaskColumns, columns_by_role
from likewise.operations.texts import Column, Encoding, read_file


@dataclass(frozen=True)
class CalibrateRequest:
    """A model, and the texts to calibrate it on."""

    model: Annotated[
        str, Field("Catalogue name, hub id or folder.", positional=True, metavar="MODEL")
    ]
    file: Annotated[
        Path,
        Field("Your texts, or labelled pairs of them.", positional=True, metavar="FILE",
              local=True),
    ]  # fmt: skip
    column: Column = None
    columns: TaskColumns = ""
    encoding: Encoding = None
    sample: Annotated[int, Field("Most texts, and labelled pairs, to use.", minimum=10)] = 5000
    report: Annotated[
        Path | None, Field("An HTML page to write.", short="-o", local=True, output=True)
    ] = None
    compute: Annotated[ComputeName, Field("Number format of the network; float16 needs a GPU.")] = (
        "auto"
    )
    device: Annotated[str, Field("Where to run: auto, cpu, or with torch cuda or mps.")] = "auto"


@dataclass(frozen=True)
class CalibrateResult:
    """What a model's scores mean.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        calibration: percentiles, probabilities and suggested thresholds.
        report: the HTML page that was written.
    """

    model: str
    compute: str
    calibration: Calibration
    report: Path | None

    def to_dict(self) -> dict[str, Any]:
        """`model` and `compute`, what `Calibration` has, and the path of the `report`."""
        return {
            "model": self.model,
            "compute": self.compute,
            **self.calibration.to_dict(),
            "report": str(self.report) if self.report else None,
        }


def calibrate(request: CalibrateRequest, session: Session) -> CalibrateResult:
    """Score random pairs of a corpus, and labelled pairs if there are any.

    Raises:
        InputError: too few texts, or an unknown column.
        RecordError: the file cannot be read.
        CheckpointError: the model cannot be used.
        OutputError: the page cannot be written.
    """
    corpus = sampled(_read(request, session), request.sample)
    encoder = session.encoder(
        ModelRequest(model=request.model, compute=request.compute, device=request.device)
    )
    report_scripts(session, encoder, corpus.texts)
    found = measure(encoder, corpus.texts, corpus.pairs, progress=session.progress)
    if request.report:
        with atomic(request.report) as page:
            page.write(calibration_page(found, encoder.name, request.file.name).encode())
        session.message("written", f"wrote {request.report}", path=str(request.report))
    return CalibrateResult(encoder.name, encoder.compute, found, request.report)


def _read(request: CalibrateRequest, session: Session) -> Corpus:
    """The texts of a task, else the records of a file."""
    reading = Reading(columns_by_role(request.columns), encoding=request.encoding)
    if request.column is None and (found := corpus_at(request.file, reading)):
        return found
    records = read_file(session, request.file, column=request.column, encoding=request.encoding)
    return Corpus([record.text for record in records])
