"""Small networks and small data to train on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SUBJECTS = (
    *("cat", "dog", "horse", "cow", "sheep", "goat", "hen", "duck", "goose", "pig"),
    *("bee", "ant", "fox", "wolf", "bear", "hare", "mouse", "frog", "toad", "owl"),
)
PLACES = (
    *("garden", "kitchen", "forest", "river", "street"),
    *("school", "harbour", "market", "station", "library"),
)


@pytest.fixture
def tiny(tiny_checkpoint: Callable[..., Path]) -> Path:
    """A small BERT with random weights, mean pooling and dropout."""
    return tiny_checkpoint()


def make_pairs() -> list[dict[str, str]]:
    """200 different questions with answers that share their words."""
    return [
        {"question": f"Where is the {subject}?", "answer": f"The {subject} is in the {place} now."}
        if place == "garden"
        else {
            "question": f"Is the {subject} in the {place}?",
            "answer": f"Yes, in the {place} you find the {subject} that we met.",
        }
        for place in PLACES
        for subject in SUBJECTS
    ]


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    """Pairs as JSON Lines."""
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in make_pairs()))
    return path
