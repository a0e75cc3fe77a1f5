"""Vectors of training texts: those of the encoder, and each text encoded once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.progress import Progress
from likewise.training.known_vectors import KnownVectors
from likewise.vectors import normalize


def test_each_text_is_encoded_once(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path))
    totals: list[int | None] = []

    @contextmanager
    def progress(total: int | None = None, **_: Any) -> Iterator[Progress]:
        totals.append(total)
        yield Progress()

    model = likewise.load(tiny)
    known = KnownVectors(model, progress)
    assert len(known.corpus(["one", "two"])) == 2
    texts = ["three", "two", "three", "four", "one"]
    found = known.of(texts)
    assert totals == [2, 2]
    np.testing.assert_allclose(found, normalize(model.encode(texts)), atol=1e-6)
    known.of(texts)
    assert totals == [2, 2]
