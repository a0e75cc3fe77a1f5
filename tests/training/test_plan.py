"""The plan: how many steps, and how long their texts are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from likewise.training.mixing import Mixer
from likewise.training.recipe import DataRecipe, Recipe
from likewise.training.sources import DataFile

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from likewise.training import plan  # noqa: E402
from likewise.training.losses import InBatchNegatives  # noqa: E402
from likewise.training.network import TrainingNetwork, load_network  # noqa: E402
from likewise.training.trainer import LEAST_STEPS  # noqa: E402
from tests.training.conftest import make_pairs  # noqa: E402

LONG = 60
"""Repetitions of an answer, for more tokens than the model reads."""


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    path = tmp_path / "long.jsonl"
    rows = ({**row, "answer": f"{row['answer']} " * LONG} for row in make_pairs())
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def planned(
    model: Path, data: Path, seconds: float | None, *, own: int | None = None, **settings: Any
) -> tuple[plan.Plan, TrainingNetwork]:
    network = load_network(model, max_tokens=settings.get("max_tokens"))
    network.max_tokens = own or network.max_tokens
    recipe = Recipe("", (DataRecipe(str(data)),), batch=8, **settings)
    mixer = Mixer([DataFile(data)], 8)
    state = mixer.state()
    found = plan.make_plan(recipe, network, mixer, InBatchNegatives(), seconds_left=seconds)
    assert mixer.state() == state
    assert found.max_tokens == network.max_tokens
    return found, network


def steps_take(monkeypatch: pytest.MonkeyPatch, seconds_per_token: float) -> None:
    """A step takes so long for each token that a text may have."""
    monkeypatch.setattr(
        plan, "time_step", lambda network, *_: seconds_per_token * network.max_tokens
    )


@pytest.mark.parametrize(
    ("seconds", "tokens_steps"), [(100.0, (64, 75)), (300.0, (128, 112)), (1000.0, (256, 187))]
)
def test_long_texts_are_cut_until_enough_steps_fit(
    tiny: Path, long_file: Path, monkeypatch: pytest.MonkeyPatch,
    seconds: float, tokens_steps: tuple[int, int],
) -> None:  # fmt: skip
    steps_take(monkeypatch, 2e-2)
    found, _ = planned(tiny, long_file, seconds, own=256, epochs=50)
    assert found.max_tokens == tokens_steps[0]
    assert found.steps == pytest.approx(tokens_steps[1], abs=1)


def test_a_length_that_is_given_stays(
    tiny: Path, long_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps_take(monkeypatch, 1.0)
    assert planned(tiny, long_file, 10.0, max_tokens=30)[0].max_tokens == 30


def test_short_texts_and_unlimited_time_change_nothing(tiny: Path, pairs_file: Path) -> None:
    own = load_network(tiny).max_tokens
    found, _ = planned(tiny, pairs_file, 5.0)
    assert found.max_tokens == own
    assert found.seconds_per_step
    assert planned(tiny, pairs_file, None)[0].seconds_per_step is None


def test_real_steps_are_timed_and_weights_stay(tiny: Path, long_file: Path) -> None:
    before = {n: w.clone() for n, w in load_network(tiny).model.state_dict().items()}
    found, network = planned(tiny, long_file, 600.0, epochs=1000)
    assert found.steps > LEAST_STEPS
    assert all(torch.equal(before[n], w) for n, w in network.model.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())


def test_wider_networks_learn_at_a_lower_rate(tiny: Path, long_file: Path) -> None:
    found, network = planned(tiny, long_file, None)
    assert found.learning_rate == pytest.approx(1e-4 * 384 / network.hidden_size)
    for rate in (3e-5, 0.0):  # 0 is refused by the trainer
        assert planned(tiny, long_file, None, learning_rate=rate)[0].learning_rate == rate
