"""Selection of the files of a checkpoint to download, by their paths."""

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
_MODULES_WITH_WEIGHTS = ("Dense", "LayerNorm")
_TOKENIZER_FILES = re.compile(r"tokenizer\.json|vocab\.(txt|json)|[\w.-]+\.model")


@dataclass(frozen=True)
class WeightFormat:
    """The file names of a weight format, relative to the network's folder.

    Attributes:
        name: name of the format.
        single_files: possible paths of a file with all weights, the preferred one first.
        index: path of the index of shards; empty if the format has none.
        shards: pattern of the paths of shards, or of an ONNX file's external data.
    """

    name: Format
    single_files: tuple[str, ...]
    index: str
    shards: re.Pattern[str]


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
"""The preferred format first. Only the first one that a repository has is downloaded."""


@dataclass(frozen=True)
class Modules:
    """The folders of the modules in `modules.json`, relative to the checkpoint.

    Attributes:
        network: folder of the first module; empty for the checkpoint's own folder.
        others: folders of the other modules that have files.
        with_weights: those of `others` that have weights.
        kind: type of the first module, such as `Transformer` or `StaticEmbedding`.
    """

    network: str = ""
    others: tuple[str, ...] = ()
    with_weights: tuple[str, ...] = ()
    kind: str = "Transformer"


def parse_modules(text: str | None, path: str) -> Modules:
    """The folders of the modules.

    Args:
        text: the content of `modules.json`; None for a checkpoint without this file.
        path: of `modules.json`, for errors.

    Raises:
        DamagedFileError: it is not a list of modules.
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
            f"{path} cannot be read as a list of modules: {error}",
            hint="download the checkpoint again",
        ) from error
    others = tuple(folder for module, folder in rest if folder and module != "Normalize")
    with_weights = tuple(folder for module, folder in rest if module in _MODULES_WITH_WEIGHTS)
    return Modules(network, others, with_weights, kind)


def formats_in(paths: Iterable[str], modules: Modules) -> tuple[WeightFormat, ...]:
    """The weight formats in the network's folder, the preferred one first."""
    names = set(_names_in(paths, modules.network))
    return tuple(f for f in FORMATS if f.index in names or not names.isdisjoint(f.single_files))


def select_files(
    paths: Collection[str], modules: Modules, weights: WeightFormat | None = None
) -> tuple[str, ...]:
    """The paths of all files that are needed to use a checkpoint, and its model card.

    Args:
        paths: all paths of a repository, relative, with `/`.
        modules: the folders of the modules.
        weights: weight format of the network; by default the preferred one of those present.
    """
    selected: list[str] = [CARD] if CARD in paths else []
    for folder in dict.fromkeys(("", modules.network, *modules.others)):
        names = _names_in(paths, folder)
        if folder == modules.network:
            formats = (weights,) if weights else FORMATS
        else:
            formats = FORMATS[:2] if folder else ()
        files = [name for name in names if _SETTINGS.fullmatch(name)]
        files += next(filter(None, (_weight_files(names, f) for f in formats)), [])
        selected += [_join(folder, name) for name in files]
    return tuple(dict.fromkeys(selected))


def missing_files(paths: Collection[str], modules: Modules) -> tuple[str, ...]:
    """The files that a checkpoint needs and `paths` does not contain, without a listing."""
    names = _names_in(paths, modules.network)
    missing: list[str] = []
    if "config.json" not in names and modules.kind == "Transformer":
        missing.append(_join(modules.network, "config.json"))
    if not formats_in(paths, modules):
        missing.append(_join(modules.network, "model.safetensors"))
    if not any(_TOKENIZER_FILES.fullmatch(name) for name in names):
        missing.append(_join(modules.network, "tokenizer.json"))
    missing += [
        _join(folder, "config.json")
        for folder in modules.others
        if "config.json" not in _names_in(paths, folder)
    ]
    for folder in modules.with_weights:
        if not any(_weight_files(_names_in(paths, folder), f) for f in FORMATS[:2]):
            missing.append(_join(folder, "model.safetensors"))
    return tuple(missing)


def _weight_files(names: Collection[str], weights: WeightFormat) -> list[str]:
    if single := next((name for name in weights.single_files if name in names), None):
        external_data = weights.name == "onnx"
        beside = [name for name in names if external_data and weights.shards.fullmatch(name)]
        return [single, *beside]
    if weights.index in names:
        return [weights.index, *(name for name in names if weights.shards.fullmatch(name))]
    return []


def _names_in(paths: Iterable[str], folder: str) -> list[str]:
    """The paths below a folder, relative to it."""
    start = f"{folder}/" if folder else ""
    return [path[len(start) :] for path in paths if path.startswith(start)]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
