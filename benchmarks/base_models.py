"""Networks eight times as large: 12 layers of 768 dimensions, as in BERT-base and MPNet-base.

Their published weights need the hub, and speed does not depend on them: the checkpoints are made
here, of the full size, with random weights and the bundled checkpoint's tokenizer. The cosine says
that the same network was computed; how much a number format costs in quality, `quality` tells.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import texts, throughput
from benchmarks.adapters import checkpoint
from benchmarks.contenders import REFERENCE, contender
from benchmarks.options import Options
from benchmarks.processes import loaded
from benchmarks.results import Result
from benchmarks.tables import Table

QUESTION = "How many sentences a second with 12 layers of 768 dimensions?"
COUNT, ROUNDS = 400, 2
NETWORKS = {"BERT-base": "bert", "MPNet-base": "mpnet"}
"""Name in tables, and family in transformers, whose defaults are the base size."""

CONTENDERS = tuple(
    contender(name)
    for name in (
        "likewise auto",
        "likewise int8",
        REFERENCE,
        "sentence-transformers OpenVINO bfloat16",
    )
)


def run(options: Options) -> Result:
    """Measure each network with alternating contenders."""
    rows: dict[str, Any] = {}
    versions: dict[str, str] = {}
    notes: list[str] = []
    sentences = texts.sentences(options.data, COUNT)
    for network, family in NETWORKS.items():
        print(network, file=sys.stderr)
        with tempfile.TemporaryDirectory() as place:
            folder = make(family, Path(place) / family)
            with loaded(options.chosen(CONTENDERS), folder) as field:
                rows[network] = throughput.race(field, sentences, options.rounds or ROUNDS)
        versions |= field.versions
        notes += [f"{network}: {note}" for note in field.notes]
    return Result("base_models", options.command("base_models"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """A table for each network; a row for each contender, fastest first."""
    return [
        throughput.table(f"{network}: sentences", rows) for network, rows in result.rows.items()
    ]


def make(family: str, folder: Path, settings: Mapping[str, Any] = MappingProxyType({})) -> Path:
    """Write a checkpoint of a family's base size with random weights.

    Args:
        family: such as `bert`, as transformers names it.
        folder: output folder; it is created.
        settings: configuration values that override the base size.
    """
    import torch
    from transformers import AutoConfig, AutoModel

    shutil.copytree(checkpoint.folder(), folder)
    for old in ("model.safetensors", "pytorch_model.bin"):
        (folder / old).unlink(missing_ok=True)
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    config = AutoConfig.for_model(family, vocab_size=len(vocabulary), pad_token_id=0, **settings)
    torch.manual_seed(0)
    network = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:  # biases start at 0, which would hide a bias that is ignored
                parameter.add_(torch.randn_like(parameter) * 0.03)
    network.save_pretrained(folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling_config = json.loads(pooling.read_text("utf-8"))
    width = {key: config.hidden_size for key in pooling_config if key.endswith("dimension")}
    pooling.write_text(json.dumps(pooling_config | width), "utf-8")
    return folder
