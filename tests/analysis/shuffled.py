"""An executor that does what a cluster may do."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from likewise.data.range_scan import Range
from likewise.executor import Finished, Work


class ShuffledExecutor:
    """Runs tasks in any order, some of them twice; stops after a number of them."""

    workers = 3

    def __init__(self, stop_after: int = 10**9) -> None:
        self.left = stop_after

    def run(self, work: Work[Any, Any, Any], tasks: Iterable[Any]) -> Iterator[Finished[Any]]:
        numbered = list(enumerate(tasks))
        random.Random(3).shuffle(numbered)
        state = work.start()
        for number, task in numbered:
            if number % 3 == 0:
                work.run(state, task)
            if not isinstance(task, Range):  # counting is not stopped
                self.left -= 1
                if self.left < 0:
                    raise KeyboardInterrupt
            yield Finished(number, work.run(state, task))
