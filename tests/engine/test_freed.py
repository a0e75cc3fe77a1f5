"""A model's memory is free with its last reference, without waiting for a garbage collection."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

import likewise
from likewise.engine.native import supported

TEXTS = ["a text of some words"] * 1_400
"""Enough for a large job, which OpenVINO runs in streams."""


@pytest.fixture
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collection")
@pytest.mark.parametrize(
    ("compute", "runtime"),
    [
        ("float32", "auto"),
        ("float32", "openvino"),
        ("int8", "auto"),
        ("int8", "openvino"),
        ("float32", "torch"),
    ],
)
def test_freed_with_the_last_reference(model_folder: Path, compute: str, runtime: str) -> None:
    if runtime == "auto" and compute not in supported():
        pytest.skip("OpenVINO runs it here, as in the next case")
    device = "cpu" if runtime == "torch" else "auto"
    freed = []
    for _ in range(2):
        model = likewise.load(model_folder, compute=compute, runtime=runtime, device=device)
        model.encode(TEXTS)
        model.token_embeddings("a text")
        freed.append(weakref.ref(model._runtime))
        del model
    # libraries that are imported or quantize for the first model leave cycles of their own
    assert freed[1]() is None
