"""Multiply-adds are those the network's shapes come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from likewise.checkpoint.config import read_config
from likewise.engine.openvino.flops import count_operations
from likewise.engine.openvino.graph import build
from likewise.engine.openvino.roofline import CHAINS, Multiplier


def test_work_is_that_of_the_shapes(tiny_checkpoint: Callable[..., Path]) -> None:
    # two layers, 32 wide and 48 inside: four projections and two products, then attention
    work = count_operations(build(read_config(tiny_checkpoint())))
    assert work.per_token == 2 * (4 * 32 * 32 + 2 * 32 * 48)
    assert work.per_token_pair == 2 * 2 * 32
    assert work.of([3, 10]) == 13 * work.per_token + 109 * work.per_token_pair


@pytest.mark.parametrize("compute", ["float32", "int8"])
def test_the_peak_is_a_rate(compute: str) -> None:
    chain = CHAINS[0]
    assert chain.multiply_adds == 1024 * 12 * 384 * 384
    assert Multiplier(chain, compute, cores=1).rate(0.2) > 1e9
