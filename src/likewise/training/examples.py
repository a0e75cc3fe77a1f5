"""What a model is trained on: examples, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["pairs", "scored", "labeled"]
"""`pairs`: an anchor, a positive and any number of negatives. `scored`: two texts and a score.
`labeled`: two texts of one label, or one text and its label."""


@dataclass(frozen=True, slots=True)
class Example:
    """One training example.

    Attributes:
        anchor: the question, the query, the first sentence, or the text of a label.
        positive: the answer, the second sentence, another text of the label; None for a single
            text with a label.
        negatives: texts that do not belong to the anchor.
        label: a score, or the number of a label; None for pairs.
    """

    anchor: str
    positive: str | None = None
    negatives: tuple[str, ...] = ()
    label: float | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All its texts."""
        second = () if self.positive is None else (self.positive,)
        return (self.anchor, *second, *self.negatives)


@dataclass(frozen=True)
class Batch:
    """Examples of one kind that are used in one step, and their distinct texts.

    Attributes:
        kind: of all its examples.
        texts: n distinct texts, each with the prompt of its role; then the general ones.
        anchors: row of the anchor of each example, int64 `[examples]`.
        positives: row of the positive of each example, int64 `[examples]`; empty where the
            examples are single texts.
        negatives: rows of the negatives of all examples, int64 `[any]`.
        owners: the example that each negative belongs to, int64 `[any]`.
        labels: scores or numbers of labels, float32 `[examples]`; empty for pairs.
        drawn: number of examples by source.
        general: rows of texts that belong to no example, int64 `[any]`; they are the last ones.
    """

    kind: Kind
    texts: tuple[str, ...]
    anchors: NDArray[np.int64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    owners: NDArray[np.int64]
    labels: NDArray[np.float32]
    drawn: tuple[int, ...] = ()
    general: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.anchors)


@dataclass(frozen=True)
class Prompts:
    """Text before each text, by its role.

    Attributes:
        anchor: before anchors, such as `query: `.
        document: before positives and negatives, such as `passage: `.
    """

    anchor: str = ""
    document: str = ""


def make_batch(
    examples: Sequence[Example],
    kind: Kind,
    prompts: Prompts = Prompts(),
    drawn: tuple[int, ...] = (),
) -> Batch:
    """A batch of examples; equal texts of one role become one row.

    Args:
        examples: of one kind.
        kind: their kind.
        prompts: put before each text.
        drawn: number of examples by source.
    """
    rows: dict[str, int] = {}

    def row(text: str, prompt: str) -> int:
        return rows.setdefault(prompt + text, len(rows))

    anchors = [row(example.anchor, prompts.anchor) for example in examples]
    # scored and labeled texts have equal roles
    second = prompts.document if kind == "pairs" else prompts.anchor
    positives = [row(e.positive, second) for e in examples if e.positive is not None]
    negatives = [(row(n, second), i) for i, e in enumerate(examples) for n in e.negatives]
    labels = [example.label for example in examples if example.label is not None]
    return Batch(
        kind,
        tuple(rows),
        np.array(anchors, np.int64),
        np.array(positives, np.int64),
        np.array([at for at, _ in negatives], np.int64),
        np.array([owner for _, owner in negatives], np.int64),
        np.array(labels, np.float32),
        drawn,
    )
