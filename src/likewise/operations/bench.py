"""Time a model on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from likewise.encoder import Encoder
from likewise.engine.cores import usable_cores
from likewise.errors import InputError, MissingExtraError
from likewise.hub.catalog import DEFAULT
from likewise.operations.contract import Field
from likewise.operations.session import Session

if TYPE_CHECKING:
    from likewise.evaluation.speed import Speed

BenchCompute = Literal["float32", "bfloat16", "int8"]
COMPUTES: tuple[BenchCompute, ...] = ("float32", "bfloat16", "int8")


@dataclass(frozen=True)
class BenchRequest:
    """A model to time, and in which number formats."""

    model: Annotated[
        str, Field("A catalogue name, a hub id or a folder.", positional=True, metavar="MODEL")
    ] = DEFAULT
    compute: Annotated[
        tuple[BenchCompute, ...],
        Field("Number format, repeated for several; every available one if none is given."),
    ] = ()


@dataclass(frozen=True)
class BenchResult:
    """How fast a model is on this machine.

    Attributes:
        model: the model, as the request names it.
        cores: processor cores that were used.
        speeds: one for each number format.
    """

    model: str
    cores: int
    speeds: tuple[Speed, ...]

    def to_dict(self) -> dict[str, Any]:
        """`model`, `cores` and `computes`.

        Each of `computes` has `compute`, `sentences` and `passages` (`texts`, `tokens` and
        `operations` a second), `query_p50` and `query_p95` (milliseconds), `peak` (operations a
        second) and `share` (of the peak, 0 to 1).
        """
        computes = [asdict(speed) | {"share": speed.share} for speed in self.speeds]
        return {"model": self.model, "cores": self.cores, "computes": computes}


def bench(request: BenchRequest, session: Session) -> BenchResult:
    """Time a model in one or several number formats, ten to twenty seconds each.

    Raises:
        CheckpointError: the model cannot be used.
        InputError: a requested number format is not available.
        MissingExtraError: int8 was requested and needs NNCF.
        EngineError: the engine refused.
    """
    from likewise.evaluation.speed import PARTS, measure_speed  # imports OpenVINO

    speeds = []
    for encoder in _encoders(request, session):
        title = f"timing {encoder.compute}"
        with session.progress(PARTS, title=title, unit="measurements") as progress:
            speeds.append(measure_speed(encoder, progress=progress))
    return BenchResult(request.model, usable_cores(), tuple(speeds))


def _encoders(request: BenchRequest, session: Session) -> Iterator[Encoder]:
    """The model in every number format.

    One that is not available is an error if it was requested, and a message otherwise.
    """
    from likewise.engine.native import supported
    from likewise.engine.openvino.timing import supports_bfloat16

    bfloat16 = "bfloat16" in supported() or supports_bfloat16()
    for compute in request.compute or COMPUTES:
        if compute == "bfloat16" and not request.compute and not bfloat16:
            _report_unavailable(session, compute, "this processor does not multiply it")
            continue
        try:
            encoder = session.models.get(request.model, compute, "cpu")
        except (InputError, MissingExtraError) as error:
            if request.compute:
                raise
            _report_unavailable(session, compute, f"{error.message}; {error.hint}")
            continue
        for assumption in encoder.config.notes:
            session.message("assumption", assumption)
        if request.compute or encoder.compute == compute:
            yield encoder


def _report_unavailable(session: Session, compute: str, reason: str) -> None:
    session.message(
        "compute_unavailable", f"no {compute}: {reason}", compute=compute, reason=reason
    )
