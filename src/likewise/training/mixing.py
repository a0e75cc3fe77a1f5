"""Batches from several files, in the proportion of their weights and in a reproducible order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from likewise.errors import InputError
from likewise.training.examples import Batch, Example, Kind, Prompts, make_batch
from likewise.training.general_texts import GeneralTexts
from likewise.training.sources import DataFile, Similar, Source


class Mixer:
    """Draws batches.

    Each batch has examples of `files_per_batch` files, of one kind. Files take turns so that the
    drawn shares match the weights at every moment, with an error of less than a batch. A text is
    not twice in a batch: with in-batch negatives, the answer would be its own negative.

    Args:
        files: the files, with weights.
        batch_size: examples in a batch.
        files_per_batch: files that a batch is drawn from.
        seed: the same seed gives the same batches.
        prompts: put before texts.
        leave_out: texts that may not be drawn.
        single_texts: labeled texts are drawn one by one, not in pairs, for a classifier.
        max_negatives: negatives of an example that are used.
        similar: puts similar examples into a batch together.
        general: adds general texts to each batch.

    Raises:
        RecordError: a file cannot be read.
        InputError: a file has no columns that can be trained on, or a weight is not positive.
    """

    def __init__(
        self,
        files: Sequence[DataFile],
        batch_size: int,
        *,
        files_per_batch: int = 1,
        seed: int = 0,
        prompts: Prompts = Prompts(),  # noqa: B008 - frozen
        leave_out: Set[str] = frozenset(),
        single_texts: bool = False,
        max_negatives: int = 8,
        similar: Similar | None = None,
        general: GeneralTexts | None = None,
    ) -> None:
        if not files:
            raise InputError("no data is named", hint="give a file with --data")
        self._labels: dict[str, int] = {}
        self.sources = tuple(
            Source(file, seed * 1000 + number, leave_out, self._labels, similar)
            for number, file in enumerate(files)
        )
        self._weights = _weights(self.sources)
        self._batch_size, self._files_per_batch = batch_size, max(1, files_per_batch)
        self._prompts, self._single_texts = prompts, single_texts
        self._max_negatives = max_negatives
        self.general = general
        self._turns = [0.0] * len(files)
        self.step = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, by their number."""
        return tuple(self._labels)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each file by its weight; they add up to 1."""
        return self._weights

    def __next__(self) -> Batch:
        """The next batch.

        Raises:
            InputError: the files have too few different texts for a batch.
        """
        first = self._turn(None)
        kind = self.sources[first].layout.kind
        slots = [first, *(self._turn(kind) for _ in range(self._files_per_batch - 1))]
        sizes = [len(part) for part in _split(self._batch_size, len(slots))]
        taken: set[str] = set()
        examples: list[Example] = []
        drawn = [0] * len(self.sources)
        for slot, size in zip(slots, sizes, strict=True):
            found = self._draw(self.sources[slot], size, taken)
            drawn[slot] += len(found)
            examples += found
        if len(examples) < 2:
            raise InputError(
                "fewer than two examples without a text in common can be drawn",
                hint="give more data, or a smaller batch",
            )
        self.step += 1
        batch = make_batch(examples, kind, self._prompts, tuple(drawn))
        return self.general.added_to(batch, self.step) if self.general else batch

    def _draw(self, source: Source, size: int, taken: set[str]) -> list[Example]:
        examples: list[Example] = []
        failures = 0
        while len(examples) < size and failures < 2:
            example = source.draw(taken)
            if example is None:
                failures += 1
                continue
            taken.update(example.texts)
            examples.append(self._shortened(source, example))
        return examples

    def _shortened(self, source: Source, example: Example) -> Example:
        if source.layout.form == "labeled" and self._single_texts:
            return Example(example.anchor, None, (), example.label)
        if len(example.negatives) > self._max_negatives:
            few = example.negatives[: self._max_negatives]
            return Example(example.anchor, example.positive, few, example.label)
        return example

    def _turn(self, kind: Kind | None) -> int:
        """The file that has been drawn least for its weight: smooth weighted round-robin."""
        possible = [
            number
            for number, source in enumerate(self.sources)
            if kind is None or source.layout.kind == kind
        ]
        for number in range(len(self.sources)):
            self._turns[number] += self._weights[number]
        chosen = max(possible, key=lambda number: self._turns[number])
        self._turns[chosen] -= 1.0
        return chosen

    def state(self) -> dict[str, Any]:
        """Where the drawing is, as plain values."""
        return {
            "step": self.step,
            "labels": dict(self._labels),
            "turns": list(self._turns),
            "sources": [source.state() for source in self.sources],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue with the batch after the one that was drawn last.

        Raises:
            RecordError: a file has changed.
        """
        self.step, self._turns = state["step"], list(state["turns"])
        self._labels.update(state["labels"])
        for source, its in zip(self.sources, state["sources"], strict=True):
            source.restore(its)


def _weights(sources: Sequence[Source]) -> tuple[float, ...]:
    weights = [
        float(source.rows) if source.file.weight is None else source.file.weight
        for source in sources
    ]
    for source, weight in zip(sources, weights, strict=True):
        if not weight > 0:
            raise InputError(
                f"the weight of {source.name} is {weight:g}",
                hint="give a number above 0, or leave the file out",
            )
    return tuple(weight / sum(weights) for weight in weights)


def _split(count: int, parts: int) -> list[range]:
    return [range(count * n // parts, count * (n + 1) // parts) for n in range(parts)]
