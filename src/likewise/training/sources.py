"""Training data in files: rows become examples, block by block, in a reproducible order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.readers import Problem, SourceFile, limits_from_environment, open_binary
from likewise.data.readers import require_format as format_by_name
from likewise.data.readers.tables import read_tsv, read_tsv_verbatim
from likewise.errors import InputError, RecordError
from likewise.training.columns import find_layout
from likewise.training.examples import Example
from likewise.training.row_block import Row, RowBlock
from likewise.training.similar_batches import NeighborsOf, grouped
from likewise.wording import with_article

BLOCK = 100_000
"""Rows in memory at once; a larger file is shuffled within blocks of this size."""
WEIGHTS_FILE = "data_config.json"
"""The list of files with weights, as the authors of all-MiniLM-L6-v2 published theirs."""


@dataclass(frozen=True)
class DataFile:
    """A file of training data.

    Attributes:
        path: the file.
        weight: its share of the drawn examples, relative to the other files; None is its size.
        columns: columns by role, where they are not found by name.
    """

    path: Path
    weight: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def read_weights_file(path: Path) -> tuple[DataFile, ...]:
    """The files of a `data_config.json`: `[{"name": "pairs.jsonl.gz", "weight": 5}, …]`.

    Paths are relative to the file, and stay inside its folder: it may come from somebody else.

    Raises:
        RecordError: it is not such a list, or it names a file outside its folder.
    """
    try:
        items = json.loads(path.read_text("utf-8"))
        return tuple(
            DataFile(
                _inside(path.parent, str(item.get("name", item.get("file")))), float(item["weight"])
            )
            for item in items
        )
    except RecordError:
        raise
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{path} is not a list of files with weights",
            hint='it looks like [{"name": "pairs.jsonl.gz", "weight": 5}]',
        ) from error


def _inside(folder: Path, name: str) -> Path:
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise RecordError(
            f"{name} is outside the folder of the list that names it",
            hint="put the files beside the list, or name them with --data",
        )
    return file


def read_raw_rows(path: Path) -> Iterator[object]:
    """The rows of a file as they are: values by column, or lists of texts.

    Raises:
        RecordError: the file or a row cannot be read.
    """
    form = format_by_name(path)
    rows = form.reader("auto")
    rows = read_tsv_verbatim if rows is read_tsv else rows
    source = SourceFile(str(path), None, lambda _: None, limits=limits_from_environment())
    with open_binary(path, str(path)) as stream:
        for row in rows(stream, source):
            if isinstance(row.value, Problem):
                where = f"{path}, {form.unit} {row.line}"
                raise RecordError(f"{where}: {row.value.reason}", hint=row.value.hint)
            yield row.value


@dataclass(frozen=True)
class Similar:
    """How similar examples are put into a batch together.

    Attributes:
        neighbors: finds the neighbors of anchors.
        size: examples of a group.
    """

    neighbors: NeighborsOf
    size: int


@dataclass(frozen=True)
class RowTexts:
    """The texts of a row.

    Attributes:
        anchors: its first text, or the texts of a set.
        positives: its second text, or several.
        label: its score, from 0 to 1, or the number of its label.
    """

    anchors: tuple[str, ...]
    positives: tuple[str, ...]
    label: float | None

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts."""
        return self.anchors + self.positives


class Source:
    """The rows of one file, drawn without replacement.

    Args:
        file: the file.
        seed: of the order.
        leave_out: texts that may not be drawn, such as those of the held-out part.
        labels: numbers of labels, shared by several files; new labels are added.
        similar: groups similar examples, unless they are scored or the file is read in blocks.

    Attributes:
        name: of the file.
        layout: its columns.
        rows: number of rows; `BLOCK` if it has more.

    Raises:
        RecordError: the file cannot be read, or has no rows.
        InputError: it has no columns that can be trained on.
    """

    def __init__(
        self,
        file: DataFile,
        seed: int,
        leave_out: Set[str] = frozenset(),
        labels: dict[str, int] | None = None,
        similar: Similar | None = None,
    ) -> None:
        self.file, self.name, self._seed = file, file.path.name, seed
        self._leave_out, self._similar = leave_out, similar
        first = next(iter(read_raw_rows(file.path)), None)
        if first is None:
            raise RecordError(f"{file.path} has no rows", hint="it needs at least one")
        self.layout = find_layout(first, str(file.path), file.columns)
        self._labels = {} if labels is None else labels
        self._highest: float | None = None
        self._single_block = False
        self._epoch = self._block = 0
        self._loaded: RowBlock | None = None
        self._rows = read_raw_rows(file.path)
        self.drawn = 0
        self._open_block()

    @property
    def rows(self) -> int:
        """Number of rows in the block in memory."""
        return self._current.size

    @property
    def _current(self) -> RowBlock:
        if self._loaded is None:
            raise InputError(
                f"{self.file.path} has no rows to train on",
                hint="all of them are empty, or in the held-out part",
            )
        return self._loaded

    def groups(self) -> Iterator[RowTexts]:
        """The texts of every row of the block in memory, in the order of the file."""
        for row in self._current.rows:
            yield RowTexts(row.anchors, row.positives, row.label)

    def draw(self, taken: Set[str]) -> Example | None:
        """The next example without a text that is taken; None if there is none in this block.

        Rows that are passed over stay in the block, and are drawn before the others.

        Args:
            taken: texts of the batch so far.
        """
        block = self._current
        if block.is_empty:
            self._next_block()
            block = self._current
        example = block.draw(taken, self._random(self._epoch, self._block, block.turn))
        if example is None and self._single_block and block.has_others:
            self._epoch += 1
            block.refill(self._random(self._epoch, 0))
            example = block.draw(taken, self._random(self._epoch, self._block, block.turn))
        if example is not None:
            self.drawn += 1
        return example

    def state(self) -> dict[str, Any]:
        """Where the drawing is, as plain values."""
        return {
            "epoch": self._epoch, "block": self._block, "drawn": self.drawn,
            "rows": self._current.state(),
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state.

        Raises:
            RecordError: the file has changed.
        """
        self._epoch, self.drawn = state["epoch"], state["drawn"]
        self._rows = read_raw_rows(self.file.path)
        for _ in range(state["block"]):
            next(islice(self._rows, BLOCK - 1, None), None)
        self._block = state["block"]
        self._open_block()
        self._current.restore(state["rows"], self.name)

    def _random(self, *key: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, *key))

    def _next_block(self) -> None:
        if self._single_block:
            self._epoch += 1
            self._current.shuffle(self._random(self._epoch, 0))
            return
        self._block += 1
        self._open_block()

    def _open_block(self) -> None:
        rows = list(islice(self._rows, BLOCK))
        if not rows:  # the file has ended
            self._epoch, self._block = self._epoch + 1, 0
            self._rows = read_raw_rows(self.file.path)
            rows = list(islice(self._rows, BLOCK))
        self._single_block = self._block == 0 and len(rows) < BLOCK
        kept = [row for row in map(self._texts, rows) if row is not None]
        if self.layout.form == "scored":
            kept = [replace(row, label=(row.label or 0.0) / self._scale(kept)) for row in kept]
        self._loaded = RowBlock(kept, self.layout) if kept else None
        similar = self._similar
        if similar and kept and self._single_block and self.layout.form != "scored":
            neighbors = similar.neighbors([row.anchors[0] for row in kept])
            self._current.group = lambda order: grouped(order, neighbors, similar.size)
        self._current.shuffle(self._random(self._epoch, self._block))

    def _scale(self, rows: Sequence[Row]) -> float:
        """The highest score of the first block: scores are used as 0 to 1."""
        if self._highest is None:
            self._highest = max([1.0, *(row.label or 0.0 for row in rows)])
        return self._highest

    def _label(self, value: object) -> float:
        if self.layout.form == "scored":
            return float(str(value))
        return float(self._labels.setdefault(str(value), len(self._labels)))

    def _texts(self, row: Any) -> Row | None:
        """The texts of a row; None if it lacks one, or has one that may not be drawn."""
        layout = self.layout
        try:
            first = row[layout.anchor]
            second = None if layout.positive is None else row[layout.positive]
            label = None if layout.label is None else row[layout.label]
            negatives = [text for name in layout.negatives for text in _listed(row[name])]
        except (KeyError, IndexError, TypeError) as error:
            raise RecordError(
                f"a row of {self.file.path} lacks the column {error}",
                hint="every row needs the columns of the first one",
            ) from error
        anchors, positives = _listed(first), _listed(second)
        every = [*anchors, *positives, *negatives]
        others = [value for value in every if not isinstance(value, str)]
        if others:
            kind = with_article(type(others[0]).__name__)
            raise RecordError(
                f"a row of {self.file.path} has {kind} in place of a text",
                hint="remove the row, or name other columns with --columns",
            )
        if not self._leave_out.isdisjoint(every) or not all(text.strip() for text in every):
            return None
        enough = len(anchors) >= (2 if layout.form == "sets" else 1)
        if not enough or (layout.positive is not None and not positives):
            return None
        number = None if label is None else self._label(label)
        return Row(tuple(anchors), tuple(positives), tuple(negatives), number)


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
