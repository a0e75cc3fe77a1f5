"""Machines by the names that clouds give them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from likewise.errors import InputError

_NAME = re.compile(r"(?P<family>[cmr])\d(?P<maker>[aig])[a-z-]*\.(?P<size>\d*)(?P<kind>x?large)")
_OWN = re.compile(r"(?P<cores>\d+)x(?P<memory>\d+)")
_GIB_PER_PROCESSOR = {"c": 2, "m": 4, "r": 8}
_SIZES = {"large": 2, "xlarge": 4}


@dataclass(frozen=True)
class Machine:
    """A machine of a cluster.

    Attributes:
        name: its name.
        processors: what Ray counts as CPUs.
        cores: physical cores; two processors of an Intel core share its arithmetic units.
        memory: GiB.
    """

    name: str
    processors: int
    cores: int
    memory: int


def machine_named(name: str) -> Machine:
    """A machine by its name.

    Args:
        name: an EC2 type of the families c, m and r, generation 5 and later, such as
            `c7i.4xlarge`; or cores and GiB, such as `16x64`.

    Raises:
        InputError: the name is of neither form.
    """
    if own := _OWN.fullmatch(name):
        cores, memory = int(own["cores"]), int(own["memory"])
        if cores and memory:
            return Machine(name, cores, cores, memory)
    found = _NAME.fullmatch(name)
    if not found or (found["size"] and found["kind"] == "large"):
        raise InputError(
            f"unknown machine {name!r}",
            hint="give an EC2 type such as c7i.4xlarge, or CORESxGIB such as 16x64",
        )
    processors = _SIZES[found["kind"]] * int(found["size"] or 1)
    shared = 2 if found["maker"] == "i" else 1
    return Machine(
        name, processors, processors // shared, processors * _GIB_PER_PROCESSOR[found["family"]]
    )
