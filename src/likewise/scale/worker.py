"""The actor that runs tasks on a node of the cluster."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from typing import Any

from likewise.engine.cores import CORES_VARIABLE
from likewise.errors import LikewiseError


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes:
        result: what it returned.
        error: why it failed; None if it did not.
    """

    result: Any = None
    error: LikewiseError | None = None


class Worker:
    """Holds what its tasks need, such as a model, for as long as it lives.

    Args:
        work: the pickled `Work`.
        cores: number of cores that it may use.
    """

    def __init__(self, work: bytes, cores: int) -> None:
        os.environ[CORES_VARIABLE] = str(cores)
        self._pickled = work
        self._work: Any = None
        self._state: Any = None

    def ready(self) -> None:
        """Returns as soon as the worker runs."""

    def run(self, task: Any) -> Outcome:
        """Run a task; errors of Likewise are returned, so that they keep their hints."""
        try:
            if self._work is None:
                work = pickle.loads(self._pickled)
                self._state = work.start()
                self._work = work
            return Outcome(self._work.run(self._state, task))
        except LikewiseError as error:
            return Outcome(error=error)
