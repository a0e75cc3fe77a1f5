"""What `doctor` examines, by subject; no operation is in here."""

from collections.abc import Callable, Iterator

from likewise.operations.diagnostics.contract import Check
from likewise.operations.diagnostics.engine import formats, kernels
from likewise.operations.diagnostics.machine import cores, folders, instructions, memory
from likewise.operations.diagnostics.models import hub_reachable, hub_settings, int8, models
from likewise.operations.diagnostics.packages import packages

GROUPS: tuple[Callable[[], Iterator[Check]], ...] = (
    packages, cores, instructions, kernels, formats, memory, folders, hub_settings, models, int8,
)  # fmt: skip
"""Every subject that needs no network, in the order in which it is shown."""

__all__ = ["GROUPS", "Check", "hub_reachable"]
