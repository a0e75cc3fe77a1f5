"""Poolings and the modules after them, on tiny random checkpoints against sentence-transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.checkpoint.config import POOLING_MODES

TEXTS = [
    "the quick brown fox", "", "naïve café owners", "今天 天气 很 好", "a", "слово съешь ещё",
    "fox " * 20, "dog " * 90, "\x00", "scientists measure ocean currents",
]  # fmt: skip
Make = Callable[..., Path]
Open = Callable[[Path], Any]


def same(folder: Path, sentence_transformer: Open, within: float = 1e-5) -> np.ndarray:
    expected = sentence_transformer(folder).encode(TEXTS)
    found = likewise.load(folder, compute="float32").encode(TEXTS)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=within)
    assert np.ptp(expected, axis=0).max() > 0.01  # the vectors differ between texts
    return found


@pytest.mark.parametrize("mode", POOLING_MODES)
def test_every_pooling(mode: str, tiny_checkpoint: Make, sentence_transformer: Open) -> None:
    same(tiny_checkpoint(pooling=mode), sentence_transformer)


@pytest.mark.parametrize(
    "modes", [("mean", "cls"), ("cls", "max", "mean"), ("lasttoken", "weightedmean")]
)
def test_poolings_side_by_side(
    modes: tuple[str, ...], tiny_checkpoint: Make, sentence_transformer: Open
) -> None:
    found = same(tiny_checkpoint(pooling=modes), sentence_transformer)
    assert found.shape == (len(TEXTS), 32 * len(modes))


@pytest.mark.parametrize("mode", POOLING_MODES)
def test_poolings_in_the_older_notation(
    mode: str, tiny_checkpoint: Make, sentence_transformer: Open
) -> None:
    folder = tiny_checkpoint(pooling=mode)
    key = {"cls": "cls_token", "max": "max_tokens", "mean": "mean_tokens"}
    key |= {"weightedmean": "weightedmean_tokens"}
    settings = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": False}
    settings[f"pooling_mode_{key.get(mode, mode)}"] = True
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    same(folder, sentence_transformer)


def _modules(names: str) -> list[Any]:
    import torch
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import LayerNorm, Normalize

    torch.manual_seed(7)
    made: dict[str, Callable[[], Any]] = {
        "dense": lambda: Dense(32, 20),
        "dense without bias": lambda: Dense(32, 20, bias=False),
        "dense identity": lambda: Dense(32, 32, activation_function=torch.nn.Identity()),
        "dense gelu": lambda: Dense(32, 20, activation_function=torch.nn.GELU()),
        "dense relu": lambda: Dense(32, 20, activation_function=torch.nn.ReLU()),
        "layer norm": lambda: LayerNorm(32),
        "normalize": Normalize,
    }
    modules = [made[name]() for name in names.split(", ")]
    with torch.no_grad():
        for module in modules:
            for parameter in module.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
    return modules


@pytest.mark.parametrize(
    "names",
    [
        "normalize", "dense", "dense without bias", "dense identity", "dense gelu", "dense relu",
        "layer norm", "layer norm, dense, normalize", "dense identity, layer norm, normalize",
    ],
)  # fmt: skip
def test_modules_after_the_pooling(
    names: str, tiny_checkpoint: Make, sentence_transformer: Open
) -> None:
    found = same(tiny_checkpoint(after=_modules(names)), sentence_transformer)
    if names.endswith("normalize"):
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
