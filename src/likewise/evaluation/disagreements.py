"""Items of a task on which candidates of a comparison differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome
from likewise.evaluation.phrases import phrases

EQUAL = 0.01
"""Scores of an item that differ by less are counted as equal."""
TOP = 10
"""Items with the largest differences that are listed for every two candidates."""
MOST = 400
"""Items that are listed in all, at most."""
LONGEST = 280
"""Characters of a text, at most."""


@dataclass(frozen=True)
class Disagreement:
    """An item that two candidates score differently.

    Attributes:
        item: its index in the task.
        input: the input of the models.
        expected: the correct result.
        first: the result of the first candidate.
        second: the result of the second candidate.
        difference: score of the first minus score of the second, -1 to 1.
    """

    item: int
    input: str
    expected: str
    first: str
    second: str
    difference: float


@dataclass(frozen=True, eq=False)
class Disagreements:
    """The scores of all candidates on every item.

    Attributes:
        scores: of each candidate on each item, 0 to 1, float64 `[candidates, items]`.
        outcomes: of each candidate.
    """

    scores: NDArray[np.float64]
    outcomes: Sequence[TaskOutcome]

    @classmethod
    def of(cls, outcomes: Sequence[TaskOutcome]) -> Disagreements:
        """The disagreements of candidates on the same items."""
        return cls(np.stack([outcome.per_item_scores for outcome in outcomes]), outcomes)

    def between(self, first: int, second: int, most: int = TOP) -> list[Disagreement]:
        """The items on which two candidates differ most, the largest difference first.

        Args:
            first: index of a candidate.
            second: index of another one.
            most: number of items at most.
        """
        difference = self.scores[first] - self.scores[second]
        found = []
        for item in self._largest(difference, most).tolist():
            one, other = self._case(first, item), self._case(second, item)
            found.append(
                Disagreement(
                    item, one.input, one.expected, one.predicted, other.predicted,
                    float(difference[item]),
                )
            )  # fmt: skip
        return found

    def higher(self) -> NDArray[np.int64]:
        """Number of items on which one scores higher: int64 `[candidates, candidates]`."""
        rows = [np.sum(scores > self.scores + EQUAL, axis=1) for scores in self.scores]
        return np.stack(rows).astype(np.int64)

    def items(self) -> list[int]:
        """The items to list: those of the largest differences of every two candidates.

        Where they are more than `MOST`, every two candidates keep about equally many.
        """
        largest = [
            self._largest(self.scores[first] - self.scores[second], TOP).tolist()
            for first, second in combinations(range(len(self.scores)), 2)
        ]
        chosen: dict[int, None] = {}
        for place in range(TOP):
            for items in largest:
                if place < len(items) and len(chosen) < MOST:
                    chosen[items[place]] = None
        return sorted(chosen)

    def to_dict(self) -> dict[str, Any]:
        """The listed items with their texts, for JSON; candidates are in the order of the results.

        `items` have `input`, `expected`, and for every candidate `scores`, and `predicted`: the
        index of its result in `texts`. `phrases` are those of the texts that can be said in
        another language. `higher` is the number of items, of all, on which the
        candidate of the row scores higher than that of the column.
        """
        texts: dict[str, int] = {}
        said: dict[str, Any] = {}
        listed = []
        for item in self.items():
            cases = [self._case(candidate, item) for candidate in range(len(self.outcomes))]
            said |= phrases(text for case in cases for text in (case.expected, case.predicted))
            listed.append(
                {
                    "input": cases[0].input,
                    "expected": cases[0].expected,
                    "scores": np.round(self.scores[:, item], 3).tolist(),
                    "predicted": [texts.setdefault(c.predicted, len(texts)) for c in cases],
                }
            )
        return {
            "items": listed, "texts": list(texts), "phrases": said,
            "higher": self.higher().tolist(),
        }  # fmt: skip

    def _largest(self, difference: NDArray[np.float64], most: int) -> NDArray[np.int64]:
        size = np.abs(difference)
        order = np.argsort(-size, kind="stable")[:most]
        return order[size[order] > EQUAL]

    def _case(self, candidate: int, item: int) -> Case:
        case = self.outcomes[candidate].case(item)
        return Case(shortened(case.input), shortened(case.expected), shortened(case.predicted))


def shortened(text: str, length: int = LONGEST) -> str:
    """A text that is cut where it is longer."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
