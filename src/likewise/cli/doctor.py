"""`likewise doctor`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.doctor import DoctorRequest, DoctorResult
from likewise.operations.doctor import doctor as operation
from likewise.wording import counted


@command(DoctorRequest, operation)
def doctor(result: DoctorResult, _: DoctorRequest) -> None:
    """Examine this machine, and say what is slow or missing.

    \b
    Example:
      likewise doctor --network
    """
    wide = max(len(check.name) for check in result.checks)
    for check in result.checks:
        say(f"{check.status:<5} {check.name:<{wide}}  {check.detail}")
        if check.hint:
            say(f"{'':<5} {'':<{wide}}  → {check.hint}")
    say(counted(result.warnings, "warning") if result.warnings else "no warnings")
