"""Lanes believe no network before another has said the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from openvino import opset13 as opset

from likewise.engine.batches import TokenBatch, plan
from likewise.engine.openvino.stream_pool import MAX_ATTEMPTS, StreamPool, agree
from likewise.errors import EngineError
from likewise.tokenization.token_rows import TokenRows

LENGTHS = np.array([16, 30, 12, 64, 5, 33, 18, 40] * 60)
ROWS = TokenRows(np.arange(LENGTHS.sum(), dtype=np.int32) % 1000 + 1, LENGTHS, LENGTHS)


def network(wrong: bool = False) -> ov.CompiledModel:
    """Of each text a vector of three numbers; a wrong one mixes them up."""
    tokens = opset.parameter([-1, -1], np.int32, name="token_ids")
    tokens.output(0).set_names({"token_ids"})
    x = opset.convert(tokens, "f32")
    powers = [opset.reduce_sum(opset.power(x, np.float32(p)), [1], True) for p in (0.5, 1.0, 1.5)]
    vector = opset.concat(powers[::-1] if wrong else powers, 1)
    model = ov.Model([opset.result(opset.unsqueeze(vector, 1))], [tokens])
    return ov.Core().compile_model(model, "CPU", {"NUM_STREAMS": "1"})


def vectors(make: Callable[[], ov.CompiledModel], count: int = 3) -> NDArray[np.float32]:
    single = network().create_infer_request()

    def ask(inputs: object) -> NDArray[np.float32]:
        single.infer(inputs)
        return np.asarray(single.get_output_tensor(0).data)

    found = np.zeros((len(ROWS), 3), np.float32)

    def take(given: NDArray[np.float32], batch: TokenBatch) -> None:
        found[batch.texts] = given[batch.row, batch.slot]

    def inputs(batch: TokenBatch) -> dict[str, NDArray[np.int32]]:
        return {"token_ids": batch.inputs(ROWS, 0)["token_ids"]}

    streams = StreamPool(lambda _: make(), ask, count, max_static=0)
    for _ in range(3):
        streams.run(plan(ROWS.lengths, shared=False), inputs, take)
    return found


def expected() -> NDArray[np.float64]:
    texts = [ROWS.row(i).astype(float) for i in range(len(ROWS))]
    return np.array([[(text**p).sum() for p in (0.5, 1.0, 1.5)] for text in texts])


def test_every_stream_returns_every_vector() -> None:
    np.testing.assert_allclose(vectors(network), expected(), rtol=1e-5)


def test_a_network_that_disagrees_is_compiled_again() -> None:
    made: list[bool] = []

    def make() -> ov.CompiledModel:
        made.append(len(made) % 2 == 0)
        return network(wrong=made[-1])

    np.testing.assert_allclose(vectors(make), expected(), rtol=1e-5)
    assert sum(made) >= 1


def test_networks_that_never_agree_are_an_error() -> None:
    made: list[int] = []

    def make() -> ov.CompiledModel:
        made.append(1)
        return network(wrong=True)

    with pytest.raises(EngineError, match="different vectors"):
        vectors(make, count=1)
    assert MAX_ATTEMPTS <= len(made) <= 2 * MAX_ATTEMPTS  # by each of its two threads at most


def test_last_digits_do_not_matter_and_what_is_no_number_does() -> None:
    some = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    assert agree(some, some * 1.001)
    assert not agree(some, some[::-1].copy())
    assert not agree(some, np.full_like(some, np.nan))
