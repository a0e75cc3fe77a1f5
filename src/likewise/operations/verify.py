"""Measure on this processor whether a smaller number format gives what float32 gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from likewise.errors import InputError
from likewise.evaluation.verify import Verification
from likewise.evaluation.verify import verify as measure
from likewise.hub.catalog import DEFAULT
from likewise.operations.contract import Failure, Field, ModelRequest
from likewise.operations.session import Session


@dataclass(frozen=True)
class VerifyRequest:
    """A model, and the number format to compare with float32."""

    model: Annotated[
        str,
        Field("Catalogue name, hub id or folder of the model.", positional=True, metavar="MODEL"),
    ] = DEFAULT
    compute: Annotated[
        Literal["bfloat16", "int8"], Field("Number format to compare with float32.")
    ] = "int8"


@dataclass(frozen=True)
class VerifyResult:
    """How a number format compares with float32.

    Attributes:
        model: name of the model.
        verification: every measure with its limit.
    """

    model: str
    verification: Verification

    @property
    def failure(self) -> Failure | None:
        """The limits that were missed; None if it passed."""
        shortfalls = self.verification.shortfalls
        hint = "use this model with --compute float32 on this machine"
        return Failure(shortfalls, hint) if shortfalls else None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `model` and the measures of `Verification.to_dict`."""
        return {"model": self.model, **self.verification.to_dict()}


def verify(request: VerifyRequest, session: Session) -> VerifyResult:
    """Encode the same texts in both number formats on the CPU, and compare the vectors.

    Raises:
        InputError: the model has no such number format.
        CheckpointError: the model cannot be used.
        EngineError: the engine refused.
    """
    model, compute = request.model, request.compute
    smaller = session.encoder(ModelRequest(model=model, compute=compute, device="cpu"))
    if smaller.compute != compute:
        raise InputError(
            f"{smaller.name} always runs in {smaller.compute}",
            hint="there is nothing to verify; use it as it is",
        )
    exact = session.models.get(model, "float32", "cpu")
    found = measure(exact, smaller, compute, progress=session.progress)
    return VerifyResult(smaller.name, found)
