"""Recipes: files, flags, schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from likewise.errors import InputError, RecordError
from likewise.operations.train import TrainRequest, stages_of
from likewise.training.recipe import DataRecipe, Recipe, load_stages, recipe_schema

RECIPES = Path(__file__).resolve().parents[2] / "recipes"

TEXT = """
model: all-MiniLM-L6-v2
data:
  - pairs.jsonl
  - {file: more.csv, weight: 2, columns: {anchor: title, positive: body}}
loss: {name: in-batch, matryoshka: [384, 192]}
learning_rate: 5e-5
steps: 100
gate: {max_drop: 1}
"""


def test_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT)
    (recipe,) = load_stages(path)
    assert recipe.data == (
        DataRecipe(str(tmp_path / "pairs.jsonl")),
        DataRecipe(str(tmp_path / "more.csv"), 2.0, {"anchor": "title", "positive": "body"}),
    )
    assert (recipe.learning_rate, recipe.steps, recipe.gate.max_drop) == (5e-5, 100, 1.0)
    assert recipe.loss.matryoshka == (384, 192)
    jsonschema.validate(yaml.safe_load(TEXT.replace("5e-5", "0.00005")), recipe_schema())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("learning_rat: 1", "unknown setting 'learning_rat'"),
        ("batch: many", "batch is 'many'"),
        ("batch: true", "batch is True"),
        ("loss: {name: wrong}", "name is 'wrong'"),
        ("schedule: 3", "schedule is 3"),
        ("batch: 1", "batch is 1"),
    ],
)
def test_wrong_settings(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(f"model: m\ndata: [a.jsonl]\n{line}\n")
    with pytest.raises(InputError, match=message) as caught:
        load_stages(path)
    assert caught.value.hint


@pytest.mark.parametrize("content", ["", "a: [", "- 1", "model: m"])
def test_not_a_recipe(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(InputError):
        load_stages(path)
    with pytest.raises(RecordError, match="cannot read"):
        load_stages(tmp_path / "missing.yaml")


def test_flags_replace_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT)
    request = TrainRequest(
        tmp_path / "out", str(path), steps=7, loss="triplet", max_drop=2.0, general=("sts",)
    )
    (recipe,) = stages_of(request)
    assert (recipe.steps, recipe.loss.name, recipe.loss.matryoshka) == (7, "triplet", (384, 192))
    assert (recipe.gate.max_drop, recipe.evaluation.general) == (2.0, ("sts",))
    assert recipe.learning_rate == 5e-5
    plain = TrainRequest(tmp_path / "out", "m", ("a.csv=3", "b.csv"), columns="anchor=x,positive=y")
    assert stages_of(plain) == (
        Recipe(
            "m",
            (
                DataRecipe("a.csv", 3.0, {"anchor": "x", "positive": "y"}),
                DataRecipe("b.csv", None, {"anchor": "x", "positive": "y"}),
            ),
        ),
    )
    files = ("a.csv", "b.csv")
    (weighted,) = stages_of(TrainRequest(tmp_path / "out", "m", files, weights=(3, 0.5)))
    assert [file.weight for file in weighted.data] == [3, 0.5]
    with pytest.raises(InputError, match="2 files and 1 weight"):
        stages_of(TrainRequest(tmp_path / "out", "m", files, weights=(3,)))
    with pytest.raises(InputError, match="no data"):
        stages_of(TrainRequest(tmp_path / "out", "m"))
    with pytest.raises(InputError, match="--columns"):
        stages_of(TrainRequest(tmp_path / "out", "m", ("a.csv",), columns="anchor"))


@pytest.mark.parametrize("name", sorted(path.name for path in RECIPES.glob("*.yaml")))
def test_shipped_recipes(name: str) -> None:
    stages = load_stages(RECIPES / name)
    assert all(stage.data for stage in stages)
    jsonschema.validate(yaml.safe_load((RECIPES / name).read_text()), recipe_schema())


def test_stages(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT + "stages: [{}, {batch: 8, data: [hard.jsonl]}]")
    first, second = load_stages(path)
    assert (first.batch, second.batch) == (64, 8)
    assert [Path(data.file).name for data in second.data] == ["hard.jsonl"]
    assert first.learning_rate == second.learning_rate == 5e-5


def test_the_schema_beside_the_recipes_is_current() -> None:
    assert json.loads((RECIPES / "recipe.schema.json").read_text()) == recipe_schema()
