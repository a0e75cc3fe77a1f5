"""Every family of networks: does it load, are its vectors those of transformers, how fast is it?

The checkpoints are of the size people use, with random weights (see `base_models`): parity and
speed do not depend on what was learned, but the cosine of int8 does, and real weights keep more of
it (see `sentences`). All runs in one process, where contenders take turns.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks import texts
from benchmarks.base_models import make
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table
from benchmarks.throughput import PAUSE, cosines

QUESTION = "Which networks run, are their vectors those of transformers, and how much faster?"
COUNT, ROUNDS = 48, 2
FAMILIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "bert": {},
        "mpnet": {},
        "roberta": {},
        "distilbert": {},
        "modernbert": {"num_hidden_layers": 12},  # of 22, because quantization takes long
        "nomic_bert": {},
        "gte": {},
    }
)
"""One for every file in `engine/stacks` and `engine/openvino/architectures`, as `config.json` names
it; settings that differ from those of the base size. XLM-RoBERTa and CamemBERT are the network of
RoBERTa."""

COMPUTES = ("float32", "bfloat16", "int8")
REFERENCE = "torch float32"
PACKAGES = ("likewise", "openvino", "nncf", "sentence-transformers", "torch", "transformers")

Encode = Callable[[list[str]], Any]


def run(options: Options) -> Result:
    """Measure one family after the other."""
    try:
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise UnavailableError("models: sentence-transformers is not installed") from error
    sentences = texts.sentences(options.data, COUNT)
    rows: dict[str, Any] = {}
    for family, settings in FAMILIES.items():
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as place:
            folder = make(family, Path(place) / family, settings)
            rows[family] = race(*_loaded(folder), sentences, options.rounds or ROUNDS)
        print(f"{family}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    versions = {package: version(package) for package in PACKAGES}
    return Result("models", options.command("models"), rows, versions)


def _loaded(folder: Path) -> tuple[dict[str, Encode], dict[str, str]]:
    """Contenders that load the checkpoint, by name, and the errors of the others."""
    from sentence_transformers import SentenceTransformer

    import likewise
    from likewise.errors import LikewiseError

    os.environ["LIKEWISE_CACHE"] = str(folder / "cache")  # removed with the checkpoint
    field: dict[str, Encode] = {REFERENCE: SentenceTransformer(str(folder), device="cpu").encode}
    refused = {}
    for compute in COMPUTES:
        try:
            field[compute] = likewise.load(folder, compute=compute).encode
        except LikewiseError as error:
            refused[compute] = error.message
    return field, refused


def race(
    field: Mapping[str, Encode], refused: Mapping[str, str], sentences: list[str], rounds: int
) -> dict[str, Any]:
    """Cosines to the reference, and seconds for each round; contenders alternate."""
    vectors = {name: np.asarray(encode(sentences)) for name, encode in field.items()}  # warms up
    seconds: dict[str, list[float]] = {name: [] for name in field}
    for _ in range(rounds):
        for name, encode in field.items():
            time.sleep(PAUSE)
            started = time.perf_counter()
            encode(sentences)
            seconds[name].append(time.perf_counter() - started)
    return {
        "cosine": {name: cosines(vectors[REFERENCE], own) for name, own in vectors.items()},
        "seconds": seconds,
        "refused": dict(refused),
    }


def tables(result: Result) -> list[Table]:
    """A row for each family: the lowest cosine, and the ratio of speeds."""
    parity, speed = (
        Table(title, ("family", *COMPUTES), tuple((f, *map(cell, COMPUTES)) for f, cell in cells))
        for title, cells in (
            ("Lowest cosine to transformers in float32", _cells(result, _parity)),
            ("Sentences a second, × sentence-transformers torch float32", _cells(result, _speed)),
        )
    )
    return [parity, speed]


def _cells(result: Result, show: Callable[[Mapping[str, Any], str], str]) -> Any:
    def cell_of(row: Mapping[str, Any]) -> Callable[[str], str]:
        return lambda compute: "refused" if compute in row["refused"] else show(row, compute)

    return [(family, cell_of(row)) for family, row in result.rows.items()]


def _parity(row: Mapping[str, Any], compute: str) -> str:
    return f"{row['cosine'][compute]['min']:.6f}"


def _speed(row: Mapping[str, Any], compute: str) -> str:
    seconds = row["seconds"]
    each = [a / b for a, b in zip(seconds[REFERENCE], seconds[compute], strict=True)]
    return f"{median(each):.2f}×"
