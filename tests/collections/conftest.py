"""A small collection made with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest

import likewise
from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from tests.collections.samples import records


@pytest.fixture
def collection(tmp_path: Path, encoder: likewise.Encoder) -> Collection:
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    made.add(records())
    return made
