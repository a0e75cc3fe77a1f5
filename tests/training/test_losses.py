"""Losses, against those of sentence-transformers on the same vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from likewise.errors import InputError
from likewise.training.examples import Batch, Example, Prompts, make_batch
from likewise.training.general_texts import GeneralTexts

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from sentence_transformers.sentence_transformer import losses as published  # noqa: E402

from likewise.training.losses import (  # noqa: E402
    InBatchNegatives,
    Matryoshka,
    ScoredPairs,
    Softmax,
    StayClose,
    Triplets,
    check_loss,
)


def batch_of(count: int = 6, negatives: int = 0, labels: Sequence[float] | None = None) -> Batch:
    examples = [
        Example(
            f"q{n}", f"a{n}", tuple(f"n{n}.{k}" for k in range(negatives)),
            None if labels is None else labels[n],
        )
        for n in range(count)
    ]  # fmt: skip
    return make_batch(examples, "pairs")


def vectors_of(batch: Batch) -> Any:
    torch.manual_seed(3)
    return torch.randn(len(batch.texts), 8, requires_grad=True)


@pytest.mark.parametrize("negatives", [0, 1, 2])
@pytest.mark.parametrize("symmetric", [False, True])
def test_in_batch_negatives(negatives: int, symmetric: bool) -> None:
    batch = batch_of(negatives=negatives)
    vectors = vectors_of(batch)
    columns = [vectors[batch.anchors], vectors[batch.positives]]
    rows = batch.negatives.reshape(len(batch), -1)
    columns += [vectors[rows[:, k]] for k in range(negatives)]
    directions: Any = ("query_to_doc", "doc_to_query") if symmetric else ("query_to_doc",)
    loss = published.MultipleNegativesRankingLoss(
        torch.nn.Identity(), directions=directions, partition_mode="per_direction"
    )
    expected = loss.compute_loss_from_embeddings(columns, torch.empty(0))
    found = InBatchNegatives(symmetric=symmetric)(vectors, batch)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_equal_labels_are_no_negatives() -> None:
    batch = batch_of(4, labels=[1, 1, 2, 3])
    vectors = vectors_of(batch)
    unit = torch.nn.functional.normalize(vectors, dim=-1)
    scores = 20 * unit[batch.anchors] @ unit[batch.positives].T
    scores[0, 1] = scores[1, 0] = -torch.inf
    expected = torch.nn.functional.cross_entropy(scores, torch.arange(4))
    assert InBatchNegatives()(vectors, batch).item() == pytest.approx(expected.item(), rel=1e-5)


def test_equal_answers_are_no_negatives() -> None:
    examples = [Example("a", "same"), Example("b", "same"), Example("c", "other")]
    batch = make_batch(examples, "pairs")
    vectors = vectors_of(batch)
    torch.autograd.backward(InBatchNegatives(symmetric=True)(vectors, batch))
    assert torch.isfinite(vectors.grad).all()


def test_a_guide_leaves_out_false_negatives() -> None:
    batch = batch_of(3)
    vectors = vectors_of(batch)
    guide = np.eye(6, dtype=np.float32)
    places = {text: n for n, text in enumerate(batch.texts)}
    guide[places["a0"]] = guide[places["q0"]] * 0.5 + guide[5] * 0.2
    guide[places["a1"]] = guide[places["q0"]]  # more similar to q0 than a0 is

    unit = torch.nn.functional.normalize(vectors, dim=-1)
    scores = 20 * unit[batch.anchors] @ unit[batch.positives].T
    guide /= np.linalg.norm(guide, axis=1, keepdims=True)
    similar = guide[batch.anchors] @ guide[batch.positives].T
    left_out = similar > np.diag(similar)[:, None]
    assert left_out[0, 1]
    scores = scores.masked_fill(torch.from_numpy(left_out), -torch.inf)
    expected = torch.nn.functional.cross_entropy(scores, torch.arange(3))
    found = InBatchNegatives(guide=lambda _: guide)(vectors, batch)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    assert found.item() < InBatchNegatives()(vectors, batch).item()


def test_scored_pairs_and_triplets() -> None:
    examples = [Example(f"a{n}", f"b{n}", (), n / 5) for n in range(6)]
    batch = make_batch(examples, "scored")
    vectors = vectors_of(batch)
    near = vectors.detach().clone()
    for n in range(6):  # similarities in the order of the scores
        share = n / 5
        near[batch.positives[n]] = share * near[batch.anchors[n]] + (1 - share) * near[0] * -1
    for name in ("cosent", "cosine"):
        assert ScoredPairs(name)(near, batch) < ScoredPairs(name)(vectors, batch)
    triplets = batch_of(4, negatives=2)
    vectors = vectors_of(triplets)
    good = vectors.detach().clone()
    good[triplets.positives] = good[triplets.anchors]
    good[triplets.negatives] = -good[triplets.anchors[triplets.owners]]
    assert Triplets()(good, triplets).item() == 0
    assert Triplets()(vectors, triplets).item() > 0
    with pytest.raises(InputError, match="negatives"):
        Triplets()(vectors, batch_of(4))


def test_softmax_learns_labels() -> None:
    examples = [Example(f"t{n}", None, (), float(n % 2)) for n in range(8)]
    batch = make_batch(examples, "labeled")
    loss = Softmax(8, 2)
    vectors = torch.zeros(8, 8)
    vectors[:, 0] = torch.tensor([1.0, -1.0]).repeat(4)
    optimizer = torch.optim.SGD(loss.parameters(), lr=1)
    first = loss(vectors, batch).item()
    for _ in range(20):
        optimizer.zero_grad()
        loss(vectors, batch).backward()
        optimizer.step()
    assert loss(vectors, batch).item() < first / 2


def test_matryoshka_and_stay_close() -> None:
    batch = batch_of()
    vectors = vectors_of(batch)
    plain = InBatchNegatives()
    both = Matryoshka(plain, (8, 4))(vectors, batch)
    expected = plain(vectors, batch) + plain(vectors[:, :4], batch)
    assert both.item() == pytest.approx(expected.item())
    same = vectors.detach().numpy()
    assert StayClose(plain, lambda _: same, 5.0)(vectors, batch).item() == pytest.approx(
        plain(vectors, batch).item(), abs=1e-5
    )
    opposite = StayClose(plain, lambda _: -same, 5.0)(vectors, batch)
    assert opposite.item() == pytest.approx(plain(vectors, batch).item() + 20, rel=1e-5)


def test_only_general_texts_stay_close() -> None:
    batch = GeneralTexts(Prompts()).added_to(batch_of(), 1)
    vectors = vectors_of(batch)
    plain = InBatchNegatives()
    moved = vectors.detach().numpy().copy()
    own = len(batch.texts) - len(batch.general)
    moved[:own] *= -1  # those of the examples may move

    def original(texts: Sequence[str]) -> Any:
        return moved[[batch.texts.index(text) for text in texts]]

    found = StayClose(plain, original, 5.0, general=True)(vectors, batch)
    assert found.item() == pytest.approx(plain(vectors, batch).item(), abs=1e-5)
    every = StayClose(plain, original, 5.0)(vectors, batch)
    assert every.item() == pytest.approx(plain(vectors, batch).item() + 20, rel=1e-5)


def test_weights_of_a_loss_are_trained_where_vectors_stay_close() -> None:
    softmax = Softmax(8, 2)
    loss = StayClose(softmax, lambda texts: np.ones((len(texts), 8)), 1.0)
    assert len(list(loss.parameters())) == len(list(softmax.parameters())) > 0


def test_a_loss_that_cannot_use_the_data() -> None:
    with pytest.raises(InputError, match="cosent cannot use pairs") as caught:
        check_loss("cosent", "pairs")
    assert "in-batch" in caught.value.hint
