"""Batches of similar examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.training.mixing import Mixer
from likewise.training.similar_batches import grouped
from likewise.training.sources import DataFile, Similar


def by_subject(texts: Sequence[str]) -> NDArray[np.int64]:
    """The texts with the same first word."""
    subjects = [text.split()[0] for text in texts]
    same = [[n for n, s in enumerate(subjects) if s == subject] for subject in subjects]
    return np.array([[n for n in row if n != own] for own, row in enumerate(same)])


def test_groups_of_neighbors() -> None:
    neighbors = np.array([[1, 2], [0, 2], [1, 0], [4, 5], [3, 5], [3, 4]])
    order = [5, 0, 3, 2, 4, 1]
    assert grouped(order, neighbors, 1) == order
    assert grouped(order, neighbors, 2) == [5, 3, 0, 1, 2, 4]
    assert grouped(order, neighbors, 3) == [5, 3, 4, 0, 1, 2]


def test_batches_have_groups_and_continue(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = [[f"s{n % 8} q{n}", f"a{n}"] for n in range(64)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    similar = Similar(by_subject, 4)
    mixer = Mixer([DataFile(path)], 16, similar=similar)
    drawn = []
    for number in range(9):
        if number == 3:
            state = json.loads(json.dumps(mixer.state()))
        batch = next(mixer)
        drawn.append(batch.texts)
        subjects = [batch.texts[row].split()[0] for row in batch.anchors]
        assert [subjects[n : n + 4] for n in range(0, 16, 4)] == [
            [subjects[n]] * 4 for n in range(0, 16, 4)
        ]
    continued = Mixer([DataFile(path)], 16, similar=similar)
    continued.restore(state)
    assert [next(continued).texts for _ in range(6)] == drawn[3:]
    assert sorted(text for texts in drawn[:4] for text in texts) == sorted(
        text for row in rows for text in row
    )
