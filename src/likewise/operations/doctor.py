"""Examine this machine: what is slow or missing, and what can be done about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from likewise.operations.contract import Field
from likewise.operations.diagnostics import GROUPS, Check, hub_reachable
from likewise.operations.session import Session


@dataclass(frozen=True)
class DoctorRequest:
    """What to examine."""

    network: Annotated[bool, Field("Also check that the hub is reachable.")] = False


@dataclass(frozen=True)
class DoctorResult:
    """What was found.

    Attributes:
        checks: everything that was examined, in order.
    """

    checks: tuple[Check, ...]

    @property
    def warnings(self) -> int:
        """How many checks found something that can be improved."""
        return sum(check.status == "warn" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """`warnings`, a count, and `checks`.

        Each of `checks` has `name`, `status` (`ok` or `warn`), `detail`, `hint` and `facts`.
        """
        return {"warnings": self.warnings, "checks": [asdict(check) for check in self.checks]}


def doctor(request: DoctorRequest, session: Session) -> DoctorResult:
    """Examine processor, memory, packages, kernels, folders, hub and models."""
    checks: list[Check] = []
    groups = [*GROUPS, *([hub_reachable] if request.network else [])]
    with session.progress(len(groups), title="examining", unit="subjects") as progress:
        for examine in groups:
            checks += examine()
            progress(1)
    return DoctorResult(tuple(checks))
