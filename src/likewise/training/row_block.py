"""A block of rows, drawn without replacement; rows that cannot be drawn yet are passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import RecordError
from likewise.training.columns import Layout
from likewise.training.examples import Example

_LOOKED_AT = 512
"""Rows that are tried for a batch before it is given up to draw another example from a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """The texts of a row of training data, with its score or the number of its label."""

    anchors: tuple[str, ...]
    positives: tuple[str, ...]
    negatives: tuple[str, ...]
    label: float | None


class RowBlock:
    """Rows in memory, and which of them are still to be drawn."""

    def __init__(self, rows: list[Row], layout: Layout) -> None:
        self._rows, self._layout = rows, layout
        self.group: Callable[[Sequence[int]], list[int]] | None = None
        self._order: list[int] = []
        self._passed: list[int] = []
        self._at = self.turn = 0
        self._ahead: list[int] = []
        self._by_label: dict[float, list[int]] = {}
        if layout.form == "labeled":
            for position, row in enumerate(rows):
                self._by_label.setdefault(row.label or 0.0, []).append(position)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self._rows)

    @property
    def rows(self) -> Sequence[Row]:
        """The rows, in the order of the file."""
        return self._rows

    @property
    def is_empty(self) -> bool:
        """Whether every row was drawn."""
        return self._at >= len(self._order) and not self._passed

    @property
    def has_others(self) -> bool:
        """Whether all rows that are left were passed over, and there are rows to begin again."""
        return self._at >= len(self._order) and len(self._passed) < len(self._rows)

    def shuffle(self, random: np.random.Generator) -> None:
        """Begin again, with all rows in a new order."""
        self._order = random.permutation(len(self._rows)).tolist()
        if self.group:
            self._order = self.group(self._order)
        self._passed, self._ahead, self._at, self.turn = [], [], 0, 0

    def refill(self, random: np.random.Generator) -> None:
        """Begin again; the rows that were passed over are drawn first, as before."""
        passed, turn = self._passed, self.turn
        self.shuffle(random)
        self._begin(passed)
        self._passed, self.turn = passed, turn

    def _begin(self, ahead: list[int]) -> None:
        self._ahead = list(ahead)
        first = set(ahead)
        self._order = [row for row in self._order if row not in first]

    def draw(self, taken: Set[str], random: np.random.Generator) -> Example | None:
        """The next example without a text that is taken; None if there is none."""
        self.turn += 1
        for index, position in enumerate(self._passed[:_LOOKED_AT]):
            if example := self._example(position, taken, random):
                del self._passed[index]
                return example
        for _ in range(_LOOKED_AT):
            if self._at >= len(self._order):
                break
            position = self._order[self._at]
            self._at += 1
            if example := self._example(position, taken, random):
                return example
            self._passed.append(position)
        return None

    def _example(
        self, position: int, taken: Set[str], random: np.random.Generator
    ) -> Example | None:
        row = self._rows[position]
        anchor, positive = row.anchors[0], None
        if self._layout.form == "sets":
            first, second = random.permutation(len(row.anchors))[:2].tolist()
            anchor, positive = row.anchors[first], row.anchors[second]
        elif self._layout.form == "labeled":
            others = self._by_label[row.label or 0.0]
            free = [n for n in others if n != position and self._rows[n].anchors[0] not in taken]
            if not free:
                return None if len(others) > 1 else Example(anchor, anchor, (), row.label)
            positive = self._rows[free[int(random.integers(len(free)))]].anchors[0]
        elif len(row.positives) > 1:
            positive = row.positives[int(random.integers(len(row.positives)))]
        elif row.positives:
            positive = row.positives[0]
        example = Example(anchor, positive, row.negatives, row.label)
        return None if not taken.isdisjoint(example.texts) else example

    def state(self) -> dict[str, Any]:
        """Where the drawing is, as plain values."""
        return {"at": self._at, "passed": list(self._passed), "turn": self.turn,
                "ahead": self._ahead, "size": self.size}  # fmt: skip

    def restore(self, state: Mapping[str, Any], name: str) -> None:
        """Continue from a state, after a shuffle with the same random numbers.

        Raises:
            RecordError: the file `name` has another number of rows.
        """
        if state["size"] != self.size:
            raise RecordError(
                f"{name} has changed since the training was stopped",
                hint="restore the file, or start again with --restart",
            )
        self._begin(state.get("ahead", []))
        self._passed, self._at, self.turn = list(state["passed"]), state["at"], state["turn"]
