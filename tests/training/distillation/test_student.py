"""Students start from a part of their teacher and learn its vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

import likewise
from likewise.errors import InputError
from likewise.progress import no_progress
from likewise.training.candidate_sources import PositivePair
from likewise.training.distillation.cross_encoder import MarginBatches, MarginMse
from likewise.training.distillation.settings import DistillationLoss, DistillationSettings
from likewise.training.distillation.student import Shape, align, chosen_layers, make_student
from likewise.training.distillation.targets import TextBatches, VectorTargets
from likewise.training.distillation.training import train_layers
from likewise.training.network import load_network
from tests.training.conftest import make_pairs

TEXTS = [text for row in make_pairs() for text in row.values()]


def silent(_: str, __: str) -> None:
    """Discard a note."""


def test_layers() -> None:
    assert chosen_layers(3, 6) == (0, 2, 5)
    assert chosen_layers(1, 6) == (5,)
    assert chosen_layers(6, 12) == (0, 2, 4, 6, 8, 11)
    assert chosen_layers((0, 2, 5), 6) == (0, 2, 5)
    for wrong in (0, 6, (), (1, 1), (0, 6)):
        with pytest.raises(InputError):
            chosen_layers(wrong, 6)


def test_a_student_has_its_teachers_weights(tiny: Path) -> None:
    teacher, network = load_network(tiny), load_network(tiny)
    depth = teacher.model[0].auto_model.config.num_hidden_layers
    make_student(network, Shape((depth - 1,)))
    mine, theirs = (n.model[0].auto_model.encoder.layer for n in (network, teacher))
    assert len(mine) == 1
    for own, other in zip(mine[0].parameters(), theirs[depth - 1].parameters(), strict=True):
        assert torch.equal(own, other)
    targets = teacher.encode(TEXTS)
    cosine = align(network, TEXTS, targets)
    found = network.encode(TEXTS)
    assert found.shape == targets.shape
    expected = functional.cosine_similarity(torch.from_numpy(found), torch.from_numpy(targets))
    assert cosine == pytest.approx(float(expected.mean()), abs=1e-3)


def test_smaller_hidden_size_and_fewer_dimensions(tiny: Path) -> None:
    network = load_network(tiny)
    config = network.model[0].auto_model.config
    head = config.hidden_size // config.num_attention_heads
    make_student(network, Shape(1, head, 8))
    assert network.encode(TEXTS[:3]).shape == (3, 8)
    assert network.model[0].auto_model.config.hidden_size == head
    with pytest.raises(InputError, match="does not fit heads"):
        make_student(load_network(tiny), Shape(1, head + 1))


@pytest.mark.parametrize("loss", ["mse", "cosine", "kl"])
def test_training_brings_a_student_nearer_and_both_load_it_alike(
    tiny: Path, tmp_path: Path, loss: DistillationLoss, sentence_transformer: Callable[[Path], Any]
) -> None:
    teacher = likewise.load(tiny, compute="float32")
    targets = teacher.encode(TEXTS)
    made = {}
    for epochs in (0.0, 6.0):
        settings = DistillationSettings(
            str(tiny),
            layers=1,
            loss=loss,
            epochs=epochs,
            batch=32,
            learning_rate=1e-3,
        )
        folder = tmp_path / f"{loss}-{epochs}"
        trained = train_layers(
            settings, teacher, TEXTS, targets, work=tmp_path / f"work-{loss}-{epochs}",
            folder=folder, restart=False, progress=no_progress, on_note=silent,
        )  # fmt: skip
        assert trained.layers == (1,)
        student = likewise.load(folder, compute="float32")
        made[epochs] = (student.encode(TEXTS) * targets).sum(1) / (
            np.linalg.norm(student.encode(TEXTS), axis=1) * np.linalg.norm(targets, axis=1)
        )
    reference = sentence_transformer(folder)
    np.testing.assert_allclose(reference.encode(TEXTS[:9]), student.encode(TEXTS[:9]), atol=1e-4)
    assert made[6.0].mean() > made[0.0].mean()


def test_losses_are_least_for_the_teachers_vectors() -> None:
    vectors = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    batch = next(TextBatches([str(n) for n in range(6)], 6))
    own = torch.from_numpy(vectors[batch.labels.astype(int)])
    names: tuple[DistillationLoss, ...] = ("mse", "cosine", "kl")
    for name in names:
        loss = VectorTargets(vectors, name)
        assert float(loss(own, batch)) == pytest.approx(0, abs=1e-5)
        assert float(loss(own + 0.5, batch)) > 0.01
    squared = np.square(0.5 * np.ones(4)).sum()
    assert float(VectorTargets(vectors)(own + 0.5, batch)) == pytest.approx(squared, rel=1e-5)


def test_every_text_once_an_epoch_and_continued_exactly() -> None:
    texts = [str(n) for n in range(20)]
    batches = TextBatches(texts, 5, seed=3)
    epoch = [next(batches) for _ in range(4)]
    assert sorted(text for batch in epoch for text in batch.texts) == sorted(texts)
    assert all(texts[int(n)] == t for b in epoch for n, t in zip(b.labels, b.texts, strict=True))
    state, following = batches.state(), next(batches).texts
    other = TextBatches(texts, 5, seed=3)
    other.restore(state)
    assert next(other).texts == following


class Words:
    """A cross-encoder whose score is the number of words in common."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        words = set(query.split())
        return np.array([len(words & set(text.split())) for text in texts], np.float32)


def test_margins_of_a_cross_encoder(tiny: Path) -> None:
    pairs = [PositivePair("a b c", ("a b c", "a b"), ("a", "d"))]
    batches = MarginBatches(pairs, Words(), 8)
    assert len(batches) == 4
    batch = next(batches)
    names = [batch.texts[n] for n in batch.positives], [batch.texts[n] for n in batch.negatives]
    expected = {("a b c", "a"): 2, ("a b c", "d"): 3, ("a b", "a"): 1, ("a b", "d"): 2}
    found = dict(zip(zip(*names, strict=True), batch.labels.tolist(), strict=True))
    assert found == expected
    vectors = torch.randn(len(batch.texts), 3, generator=torch.Generator().manual_seed(0))
    unit = functional.normalize(vectors, dim=-1)
    margins = [
        float(unit[a] @ unit[p] - unit[a] @ unit[n])
        for a, p, n in zip(batch.anchors, batch.positives, batch.negatives, strict=True)
    ]
    wanted = np.square(np.array(margins) - 0.5 * batch.labels).mean()
    assert float(MarginMse(0.5)(vectors, batch)) == pytest.approx(wanted, rel=1e-5)
    scale = batches.scale(likewise.load(tiny, compute="float32"))
    assert 0 < scale < 2
