"""Which files of a checkpoint are needed: pure functions over their names."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from likewise.errors import DamagedFileError

Format = Literal["safetensors", "pytorch", "onnx"]

MODULES = "modules.json"
CARD = "README.md"

_SETTINGS = re.compile(
    r"(modules|config|config_sentence_transformers|sentence_[\w-]+_config|tokenizer_config"
    r"|special_tokens_map|added_tokens|tokenizer|vocab|router_config)\.json"
    r"|(vocab|merges)\.txt|[\w.-]+\.model"
)
_WEIGHTED = ("Dense", "LayerNorm")
_TOKENIZERS = re.compile(r"tokenizer\.json|vocab\.(txt|json)|[\w.-]+\.model")


@dataclass(frozen=True)
class WeightFormat:
    """How one format's weights are called, in the network's folder and below it.

    Attributes:
        name: what people call it.
        whole: names of which the first that is there holds all weights; `/` leads below.
        index: a file that lists shards, where there is one.
        parts: pattern of the shards, or of data beside `whole`.
    """

    name: Format
    whole: tuple[str, ...]
    index: str
    parts: re.Pattern[str]


FORMATS: tuple[WeightFormat, ...] = (
    WeightFormat(
        "safetensors",
        ("model.safetensors",),
        "model.safetensors.index.json",
        re.compile(r"model-\d+-of-\d+\.safetensors"),
    ),
    WeightFormat(
        "pytorch",
        ("pytorch_model.bin",),
        "pytorch_model.bin.index.json",
        re.compile(r"pytorch_model-\d+-of-\d+\.bin"),
    ),
    WeightFormat(
        "onnx",
        ("onnx/model.onnx", "model.onnx"),
        "",
        re.compile(r"(onnx/)?model\.onnx[._]data"),
    ),
)
"""In the order in which they are preferred; only the first that is there is taken."""


@dataclass(frozen=True)
class Modules:
    """The folders that a checkpoint's `modules.json` names, relative, the network's first.

    Attributes:
        network: where the network lies; empty for the checkpoint's own folder.
        others: where what follows it lies, and needs files.
        weighted: those of them that have weights of their own.
        kind: of the first module, such as `Transformer` or `StaticEmbedding`.
    """

    network: str = ""
    others: tuple[str, ...] = ()
    weighted: tuple[str, ...] = ()
    kind: str = "Transformer"


def read_modules(text: str | None, where: str) -> Modules:
    """The folders from the text of `modules.json`; None stands for a checkpoint without it.

    Raises:
        DamagedFileError: it is no list of modules.
    """
    if text is None:
        return Modules()
    try:
        entries = [
            (str(e["type"]).rsplit(".", 1)[-1], str(e["path"]).strip("/")) for e in json.loads(text)
        ]
        (kind, network), rest = entries[0], entries[1:]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DamagedFileError(
            f"{where} cannot be read as a list of modules: {error}",
            hint="download the checkpoint again",
        ) from error
    others = tuple(path for module, path in rest if path and module != "Normalize")
    weighted = tuple(path for module, path in rest if module in _WEIGHTED)
    return Modules(network, others, weighted, kind)


def formats_in(paths: Iterable[str], modules: Modules) -> tuple[WeightFormat, ...]:
    """The weight formats that the network's folder holds, preferred ones first."""
    inside = set(_inside(paths, modules.network))
    return tuple(f for f in FORMATS if f.index in inside or not inside.isdisjoint(f.whole))


def needed(
    paths: Collection[str], modules: Modules, weights: WeightFormat | None = None
) -> tuple[str, ...]:
    """The paths without which the checkpoint cannot be used as it was meant.

    Args:
        paths: everything there is, relative, with `/`.
        modules: the folders its `modules.json` names.
        weights: the format wanted of the network; the first that is there where not given.
    """
    chosen: list[str] = [CARD] if CARD in paths else []
    for folder in dict.fromkeys(("", modules.network, *modules.others)):
        inside = _inside(paths, folder)
        if folder == modules.network:
            formats = (weights,) if weights else FORMATS
        else:
            formats = FORMATS[:2] if folder else ()
        kept = [p for p in inside if _SETTINGS.fullmatch(p)]
        kept += next(filter(None, (_weights(inside, f) for f in formats)), [])
        chosen += [f"{folder}/{p}" if folder else p for p in kept]
    return tuple(dict.fromkeys(chosen))


def lacking(paths: Collection[str], modules: Modules) -> tuple[str, ...]:
    """What a folder that holds `paths` still lacks to be whole, judged by its own files alone."""
    inside = _inside(paths, modules.network)
    lacks: list[str] = []
    if "config.json" not in inside and modules.kind == "Transformer":
        lacks.append(_join(modules.network, "config.json"))
    if not formats_in(paths, modules):
        lacks.append(_join(modules.network, "model.safetensors"))
    if not any(_TOKENIZERS.fullmatch(p) for p in inside):
        lacks.append(_join(modules.network, "tokenizer.json"))
    lacks += [
        _join(folder, "config.json")
        for folder in modules.others
        if "config.json" not in _inside(paths, folder)
    ]
    for folder in modules.weighted:
        if not any(_weights(_inside(paths, folder), f) for f in FORMATS[:2]):
            lacks.append(_join(folder, "model.safetensors"))
    return tuple(lacks)


def _weights(inside: Collection[str], weights: WeightFormat) -> list[str]:
    if whole := next((p for p in weights.whole if p in inside), None):
        beside = [p for p in inside if weights.name == "onnx" and weights.parts.fullmatch(p)]
        return [whole, *beside]
    if weights.index in inside:
        return [weights.index, *(p for p in inside if weights.parts.fullmatch(p))]
    return []


def _inside(paths: Iterable[str], folder: str) -> list[str]:
    start = f"{folder}/" if folder else ""
    return [p[len(start) :] for p in paths if p.startswith(start)]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
