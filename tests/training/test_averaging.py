"""The part of a change that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from likewise.training.gate import Verdict

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from likewise.training import proof as module
from likewise.training.recipe import DataRecipe, EvaluationRecipe, GateRecipe, Recipe
from likewise.training.run import TrainingRun


def trained(tiny: Path, pairs: Path, output: Path) -> tuple[float, dict[str, Any]]:
    recipe = Recipe(
        str(tiny), (DataRecipe(str(pairs)),), batch=16, steps=6, learning_rate=2e-3,
        gate=GateRecipe(max_drop=100.0), evaluation=EvaluationRecipe(most_held_out=20),
    )  # fmt: skip
    report = TrainingRun(recipe, output, force=True).run()
    return report.share, load_file(output / "model.safetensors")


def test_a_smaller_change_is_an_average(
    tiny: Path, pairs_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = Verdict(True, ())
    only_general_fell = Verdict(False, ())
    weights, shares = [], []
    for n, verdicts in enumerate(([passed], [only_general_fell, passed])):
        monkeypatch.setattr(module, "judge", lambda *_, left=verdicts: left.pop(0))
        share, found = trained(tiny, pairs_file, tmp_path / str(n))
        shares.append(share)
        weights.append(found)
    assert shares == [1.0, 0.75]
    original = load_file(tiny / "model.safetensors")
    moved = 0
    for name, whole in weights[0].items():
        before = next((w for key, w in original.items() if key.endswith(name)), None)
        if before is not None and before.dtype == np.float32:
            expected = before + 0.75 * (whole - before)
            np.testing.assert_allclose(weights[1][name], expected, rtol=1e-5, atol=1e-7)
            moved += int((whole != before).any())
    assert moved > 10
