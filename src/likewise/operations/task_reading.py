"""How tables of tasks are read: the columns that evaluate, compare and calibrate are given."""

from __future__ import annotations

from likewise.errors import InputError
from likewise.evaluation.task_schemas import ROLES


def columns_by_role(columns: str) -> dict[str, str]:
    """Columns by role, from `role=column,role=column`.

    Raises:
        InputError: a role is not known, or has no column.
    """
    pairs = [part.partition("=") for part in columns.split(",") if part]
    for role, _, column in pairs:
        if role not in ROLES or not column:
            raise InputError(
                f"cannot read {role!r} in --columns",
                hint="write role=column,role=column; roles: " + ", ".join(ROLES),
            )
    return {role: column for role, _, column in pairs}
