"""Recipes: everything that a training does, in one file or as flags."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from likewise.errors import InputError, RecordError
from likewise.extras import require

LossChoice = Literal["auto", "in-batch", "cosent", "cosine", "triplet", "softmax"]
ComputeChoice = Literal["auto", "float32", "bfloat16"]
ScheduleChoice = Literal["linear", "cosine", "constant"]


@dataclass(frozen=True)
class DataRecipe:
    """A file to train on.

    Attributes:
        file: CSV, TSV, JSON Lines (also .gz) or Parquet; or `data_config.json`, a list of files
            with weights.
        weight: its share of the examples, relative to the other files; by its rows if not given.
        columns: columns by role: anchor, positive, negative, score, text, label, set.
    """

    file: str
    weight: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LossRecipe:
    """What is minimized.

    Attributes:
        name: in-batch (pairs, triplets, labels), cosent or cosine (scored pairs), triplet, softmax
            (labels); auto chooses by the data.
        scale: cosines are multiplied by it; 1 / temperature.
        symmetric: also find the anchor for each positive.
        margin: of the triplet loss.
        guide: a model that finds false negatives in a batch (GIST).
        matryoshka: numbers of first dimensions that are trained to stand alone.
        stay_close: weight of the distance to the vectors of the original model, for the data.
        keep_general: the same for texts of every subject, some of which are added to each batch;
            3 if not given, 0 where the model is not a sentence model yet (no modules.json).
    """

    name: LossChoice = "auto"
    scale: float = 20.0
    symmetric: bool = True
    margin: float = 0.2
    guide: str | None = None
    matryoshka: tuple[int, ...] = ()
    stay_close: float = 0.0
    keep_general: float | None = None


@dataclass(frozen=True)
class EvaluationRecipe:
    """What is measured before and after.

    Attributes:
        dev: a file or folder with a task of your own; by default a part of the data is held out.
        held_out: share of the rows that is held out.
        most_held_out: highest number of rows that are held out.
        general: files, folders or tasks of mteb that must not get worse; the set that is shipped
            if none is given.
        every: steps between dev scores during training; 0 measures at the ends only.
    """

    dev: str | None = None
    held_out: float = 0.1
    most_held_out: int = 300
    general: tuple[str, ...] = ()
    every: int = 0


@dataclass(frozen=True)
class GateRecipe:
    """When a trained model is written.

    Attributes:
        max_drop: points out of 100 that the general score may fall.
        average: try the average of the weights with those of the original model, where the trained
            ones alone fail the gate.
    """

    max_drop: float = 0.5
    average: bool = True


@dataclass(frozen=True)
class Recipe:
    """A training.

    Attributes:
        model: catalogue name, hub id or folder of the model to improve.
        data: the files.
        loss: what is minimized.
        batch: examples of a step.
        files_per_batch: files that a batch is drawn from.
        similar: examples of a batch that are neighbors of each other, so that their answers are
            hard negatives; 1 draws all at random.
        steps: number of steps; by `epochs` and `max_minutes` if not given.
        epochs: times that each example is used, if `steps` is not given; 1, or up to 10 in
            `max_minutes`.
        max_minutes: most minutes of the whole run; fewer steps are planned for it.
        learning_rate: the highest one; by the width of the network if not given.
        warmup: steps in which the learning rate rises; below 1, a share of all steps.
        schedule: how it falls afterwards.
        weight_decay: of all weights but biases and normalizations.
        max_gradient_norm: longer gradients are shortened to it.
        dropout: share of values set to 0 in training; the checkpoint's own if not given.
        max_tokens: length that texts are cut to in training; if not given, the model's own, or less
            where too few steps would fit in `max_minutes`.
        compute: number format of the matrix products in training; auto takes bfloat16 where a
            timing shows that it is faster.
        seed: the same seed gives the same model.
        evaluation: what is measured.
        gate: when the model is written.
    """

    model: str
    data: tuple[DataRecipe, ...]
    loss: LossRecipe = LossRecipe()
    batch: int = 64
    files_per_batch: int = 1
    similar: int = 4
    steps: int | None = None
    epochs: float | None = None
    max_minutes: float | None = None
    learning_rate: float | None = None
    warmup: float = 0.1
    schedule: ScheduleChoice = "linear"
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    dropout: float | None = 0.0
    max_tokens: int | None = None
    compute: ComputeChoice = "auto"
    seed: int = 0
    evaluation: EvaluationRecipe = EvaluationRecipe()
    gate: GateRecipe = GateRecipe()

    def __post_init__(self) -> None:
        if not self.data:
            raise InputError("the recipe names no data", hint="give a file with --data")
        limits = {"batch": (self.batch, 2), "epochs": (self.epochs or 1, 0), "seed": (self.seed, 0)}
        for name, (value, least) in limits.items():
            if value < least:
                raise InputError(f"{name} is {value}", hint=f"give {least} or more")
        if self.max_minutes is not None and not self.max_minutes > 0:
            raise InputError(f"max_minutes is {self.max_minutes}", hint="give more than 0")

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain values."""
        return dataclasses.asdict(self)


def load_stages(path: Path) -> tuple[Recipe, ...]:
    """Read a recipe with its stages; files in it are relative to its folder.

    `stages` is a list of settings that replace those above it; each stage begins with the model of
    the one before. Without it there is one stage.

    Raises:
        RecordError: it cannot be read, or is not YAML.
        InputError: a setting is unknown or has a wrong value.
    """
    yaml: Any = require("yaml", "train")
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise RecordError(f"{path} is not valid YAML: {line}", hint="check the indents") from error
    if not isinstance(content, Mapping):
        raise RecordError(f"{path} is not a recipe", hint="it starts with model: and data:")
    top = {name: value for name, value in content.items() if name != "stages"}
    stages = content.get("stages") or [{}]
    if not isinstance(stages, list) or not all(isinstance(s, Mapping) for s in stages):
        raise InputError(f"{path}: stages is no list of settings", hint="begin each with a dash")
    return tuple(_stage(path, top | stage) for stage in stages)


def _stage(path: Path, content: Mapping[str, Any]) -> Recipe:
    recipe: Recipe = _read(Recipe, content, str(path))
    files = tuple(dataclasses.replace(d, file=_beside(path, d.file)) for d in recipe.data)
    return dataclasses.replace(recipe, data=files, model=_model(path, recipe.model))


def _beside(recipe: Path, name: str) -> str:
    return str(recipe.parent / Path(name).expanduser())


def _model(recipe: Path, name: str) -> str:
    beside = recipe.parent / name
    return str(beside) if beside.is_dir() else name


def _read(kind: Any, content: Mapping[str, Any], where: str) -> Any:
    """A dataclass from plain values, each checked against the type of its field."""
    hints = get_type_hints(kind)
    unknown = [name for name in content if name not in hints]
    if unknown:
        raise InputError(
            f"{where}: unknown setting {unknown[0]!r}", hint="one of " + ", ".join(hints)
        )
    missing = [
        f.name
        for f in dataclasses.fields(kind)
        if f.default is f.default_factory is dataclasses.MISSING and f.name not in content
    ]
    if missing:
        raise InputError(f"{where}: {missing[0]} is missing", hint=f"add {missing[0]}:")
    return kind(**{n: _value(hints[n], v, f"{where}: {n}") for n, v in content.items()})


def _value(hint: Any, value: Any, where: str) -> Any:  # noqa: PLR0911 - one per type
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(next(kind for kind in inner if kind is not type(None)), value, where)
    if dataclasses.is_dataclass(hint) and isinstance(value, str) and hint is DataRecipe:
        return DataRecipe(value)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return _read(hint, value, where)
    if origin is tuple:
        items = value if isinstance(value, list) else [value]
        return tuple(_value(inner[0], item, where) for item in items)
    if origin is Literal and value in inner:
        return value
    if origin is not None and isinstance(value, Mapping):
        return {str(name): str(item) for name, item in value.items()}
    if isinstance(value, bool) is (hint is bool):
        if hint is float and _is_number(value):  # YAML reads 1e-5 as a text
            return float(value)
        if isinstance(hint, type) and isinstance(value, hint):
            return value
    wanted = "one of " + ", ".join(map(str, inner)) if origin is Literal else _names(hint)
    raise InputError(f"{where} is {value!r}", hint=f"give {wanted}")


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _names(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return words.get(hint, "settings below it")


def recipe_schema() -> dict[str, Any]:
    """The JSON Schema of a recipe, for editors."""
    recipe = _object_schema(Recipe)
    stage = {name: value for name, value in _object_schema(Recipe).items() if name != "required"}
    recipe["properties"]["stages"] = {
        "type": "array",
        "items": stage,
        "description": "Settings that replace those above, one list item per stage.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Likewise training recipe",
    } | recipe


def _object_schema(kind: Any) -> dict[str, Any]:
    hints, help_lines = get_type_hints(kind), _attribute_help(kind)
    required = [
        f.name
        for f in dataclasses.fields(kind)
        if f.default is f.default_factory is dataclasses.MISSING
    ]
    properties = {
        name: _schema(hint) | {"description": help_lines[name]} for name, hint in hints.items()
    }
    found = {"type": "object", "additionalProperties": False, "properties": properties}
    return found | ({"required": required} if required else {})


def _schema(hint: Any) -> dict[str, Any]:  # noqa: PLR0911 - one per type
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(kind) for kind in inner]}
    if hint is DataRecipe:
        return {"anyOf": [{"type": "string"}, _object_schema(hint)]}
    if dataclasses.is_dataclass(hint):
        return _object_schema(hint)
    if origin is tuple:
        item = _schema(inner[0])
        return {"anyOf": [{"type": "array", "items": item}, item]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is not None:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    plain = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}
    return {"type": plain[hint]}


def _attribute_help(kind: Any) -> dict[str, str]:
    """The description of each attribute, from the docstring."""
    found: dict[str, str] = {}
    name = ""
    lines = (kind.__doc__ or "").partition("Attributes:")[2].splitlines()
    for line in lines:
        if line.startswith(" " * 12):
            found[name] += " " + line.strip()
        elif ":" in line:
            name, _, text = line.strip().partition(":")
            found[name] = text.strip()
    return found
