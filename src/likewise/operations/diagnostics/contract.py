"""What a diagnosis consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "warn"]

GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One thing that was examined.

    Attributes:
        name: what.
        status: `ok`, or `warn` where something can be done.
        detail: what was found.
        hint: what to do; empty if nothing is needed.
        facts: the same for programs, if there is more than the detail says.
    """

    name: str
    status: Status
    detail: str
    hint: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
