"""Fields of requests that read tables of tasks, and their values."""

from __future__ import annotations

from typing import Annotated

from likewise.errors import InputError
from likewise.evaluation.task_schemas import ROLES
from likewise.operations.contract import Field

TaskColumns = Annotated[
    str, Field("Columns by role, such as first=left,second=right,rating=stars.")
]
TaskType = Annotated[str | None, Field("Type of task, if the columns fit several.")]


def columns_by_role(columns: str) -> dict[str, str]:
    """Parse `role=column,role=column` into columns by role.

    Raises:
        InputError: an unknown role, or a role without a column.
    """
    pairs = [part.partition("=") for part in columns.split(",") if part]
    for role, _, column in pairs:
        if role not in ROLES or not column:
            raise InputError(
                f"cannot read {role!r} in --columns",
                hint="write role=column,role=column; roles: " + ", ".join(ROLES),
            )
    return {role: column for role, _, column in pairs}
