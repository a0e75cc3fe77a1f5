"""Forward and backward passes in chunks, against sentence-transformers in one padded batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.training.examples import Example, make_batch

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from likewise.training.losses import InBatchNegatives  # noqa: E402
from likewise.training.network import TrainingNetwork, chunk_sizes, load_network  # noqa: E402

BATCH = make_batch(
    [
        Example(f"the quick {'brown ' * (n % 5)}fox {n}", f"a lazy dog {'jumps ' * n}over")
        for n in range(12)
    ],
    "pairs",
)


def gradients(network: TrainingNetwork) -> dict[str, Any]:
    network.model.zero_grad(set_to_none=True)
    loss = InBatchNegatives()
    torch.manual_seed(5)
    result = network.backward(BATCH.texts, lambda vectors: loss(vectors, BATCH))
    assert result.loss > 0
    found = {
        name: weight.grad.clone()
        for name, weight in network.model.named_parameters()
        if weight.grad is not None
    }
    return found | {"loss": torch.tensor(result.loss)}


def reference(network: TrainingNetwork) -> dict[str, Any]:
    """One padded batch of everything, and autograd."""
    model = network.model
    model.zero_grad(set_to_none=True)
    features = model.preprocess(list(BATCH.texts))
    vectors = model(features)["sentence_embedding"]
    loss = InBatchNegatives()(vectors, BATCH)
    torch.autograd.backward(loss)
    found = {n: w.grad.clone() for n, w in model.named_parameters() if w.grad is not None}
    return found | {"loss": loss.detach()}


def assert_close(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.allclose(found[name], value, rtol=1e-3, atol=1e-5), name


@pytest.mark.parametrize("memory", [2**31, 30 * 4 * 32 * 2 * 160, 0])
@pytest.mark.parametrize("chunk_tokens", [64, 4096])
def test_gradients_do_not_depend_on_chunks(tiny: Path, memory: int, chunk_tokens: int) -> None:
    network = load_network(tiny, dropout=0.0, chunk_tokens=chunk_tokens, memory_limit=memory)
    network.model.train()
    assert_close(gradients(network), reference(network))


def test_dropout_is_the_same_in_the_second_pass(tiny: Path) -> None:
    plain = load_network(tiny, dropout=0.2, chunk_tokens=64)
    twice = load_network(tiny, dropout=0.2, chunk_tokens=64, memory_limit=0)
    for network in (plain, twice):
        network.model.train()
    with_graph, again = gradients(plain), gradients(twice)
    assert_close(again, with_graph)
    # dropout is on: without it the loss is another one
    without = load_network(tiny, dropout=0.0, chunk_tokens=64)
    without.model.train()
    assert gradients(without)["loss"] != with_graph["loss"]


def test_vectors_are_those_of_sentence_transformers(tiny: Path) -> None:
    network = load_network(tiny, chunk_tokens=64)
    expected = network.model.encode(list(BATCH.texts))
    network.model.train()
    np.testing.assert_allclose(network.encode(BATCH.texts), expected, atol=1e-5)
    assert network.model.training


@pytest.mark.parametrize("seed", range(5))
def test_chunk_sizes(seed: int) -> None:
    lengths = np.sort(np.random.default_rng(seed).integers(3, 200, 300))[::-1].astype(np.int64)

    def cost(sizes: list[int]) -> int:
        parts = np.split(lengths, np.cumsum(sizes)[:-1])
        return sum(int(part[0]) * len(part) + 64 for part in parts)

    sizes = chunk_sizes(lengths, 2048, 64)
    assert sum(sizes) == len(lengths)
    ends = np.cumsum(sizes)[:-1]
    assert all(int(part[0]) * len(part) <= 2048 for part in np.split(lengths, ends))
    for even in (1, 5, 10, 20):
        assert cost(sizes) < cost([even] * (300 // even))
    assert chunk_sizes(np.array([5000, 9]), 2048, 64) == [1, 1]


def test_bfloat16(tiny: Path) -> None:
    network = load_network(tiny, dropout=0.0)
    network.model.train()
    exact = gradients(network)["loss"]
    vectors = network.encode(BATCH.texts)
    network.autocast = True
    rounded = gradients(network)["loss"]
    assert rounded != exact
    assert torch.allclose(rounded, exact, rtol=0.05)
    assert (network.encode(BATCH.texts) == vectors).all()  # measured in float32


def test_little_padding(tiny: Path) -> None:
    network = load_network(tiny, chunk_tokens=64)
    chunks = network.chunks(network.token_ids(BATCH.texts))
    assert sorted(int(n) for c in chunks for n in c.texts) == list(range(len(BATCH.texts)))
    padded = sum(chunk.tokens for chunk in chunks)
    assert sum(int(chunk.attention_mask.sum()) for chunk in chunks) > 0.8 * padded
    cut = load_network(tiny, max_tokens=8)
    assert max(map(len, cut.token_ids(BATCH.texts))) == 8
