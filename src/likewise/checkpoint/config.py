"""The configuration of a checkpoint: network, modules, maximum length, prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from likewise.errors import DamagedFileError, UnsupportedModelError

POOLING_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
"""In the order in which several of them are concatenated, as in sentence-transformers."""


SIMILARITY_NAMES = ("cosine", "dot", "euclidean", "manhattan")


STATIC = "static"
"""The model type of checkpoints that are a table of token vectors, without a network."""

UNBOUNDED = 1_000_000
"""A maximum length that means no limit, as in tokenizer files."""

_LEARNED_POSITIONS: Mapping[str, int] = MappingProxyType(
    {"bert": 0, "distilbert": 0, "camembert": 2, "mpnet": 2, "roberta": 2, "xlm-roberta": 2}
)
"""Model types with learned position embeddings, and the number of unused rows at the start."""


@dataclass(frozen=True)
class Pooling:
    """Hidden states to one vector: one mode, or several whose results are concatenated."""

    modes: tuple[str, ...] = ("mean",)
    include_prompt: bool = True


@dataclass(frozen=True)
class Dense:
    """A linear layer after pooling; its weights are in `folder`."""

    folder: Path
    in_features: int
    out_features: int
    bias: bool
    activation: str


@dataclass(frozen=True)
class LayerNorm:
    """A layer normalization after pooling; its weights are in `folder`."""

    folder: Path
    dimension: int


@dataclass(frozen=True)
class Normalize:
    """Vectors scaled to length 1."""


Module = Pooling | Dense | LayerNorm | Normalize


@dataclass(frozen=True)
class Config:
    """The configuration of a checkpoint.

    Attributes:
        folder: folder of the network's files.
        network: the content of `config.json`.
        modules: the modules after the network, in order.
        max_tokens: maximum number of tokens of a text, special tokens included.
        lowercase: whether texts are lower-cased before tokenization.
        prompts: prompts by name; a prompt is put before each text.
        default_prompt_name: name of the prompt that is used by default.
        similarity: `cosine`, `dot`, `euclidean` or `manhattan`.
        truncate_dim: number of dimensions of truncated vectors; None if they are not truncated.
        notes: assumptions about missing settings, to be shown to users.
    """

    folder: Path
    network: Mapping[str, Any]
    modules: tuple[Module, ...]
    max_tokens: int
    lowercase: bool = False
    prompts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    default_prompt_name: str | None = None
    similarity: str = "cosine"
    truncate_dim: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def model_type(self) -> str:
        """The `model_type` of config.json, such as `bert` or `mpnet`."""
        return str(self.network["model_type"])

    @property
    def pooling(self) -> Pooling:
        """The first pooling of the modules."""
        return next(m for m in self.modules if isinstance(m, Pooling))


def read_config(folder: Path) -> Config:
    """Read the configuration of a checkpoint of sentence-transformers, transformers or model2vec.

    Raises:
        DamagedFileError: a file is missing, is not JSON, or lacks a required field.
        UnsupportedModelError: a module or setting is not supported.
    """
    notes: list[str] = []
    listed = _read_modules(folder, notes)
    network_folder, network = listed.folder, _read_network(listed)
    extra_path = folder / "config_sentence_transformers.json"
    extra = read_json(extra_path, optional=True)
    transformer = _read_transformer_settings(network_folder)
    return Config(
        folder=network_folder,
        network=MappingProxyType(network),
        modules=listed.modules,
        max_tokens=_max_tokens(network_folder, network, transformer, notes),
        lowercase=bool(transformer.get("do_lower_case", False)),
        prompts=_read_prompts(extra, extra_path),
        default_prompt_name=extra.get("default_prompt_name"),
        similarity=_read_similarity(extra, extra_path),
        truncate_dim=extra.get("truncate_dim"),
        notes=tuple(notes),
    )


def read_json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    """The JSON object in a file; empty if the file is optional and missing.

    Raises:
        DamagedFileError: it is missing, or is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if optional:
            return {}
        raise DamagedFileError(
            f"{path} is missing",
            hint="the checkpoint is incomplete; download it again",
        ) from None
    except (OSError, ValueError) as error:
        raise DamagedFileError(
            f"{path} cannot be read as JSON: {error}", hint="download the checkpoint again"
        ) from error
    if not isinstance(content, dict):
        raise DamagedFileError(f"{path} is not a JSON object", hint="download the checkpoint again")
    return content


def _field(content: Mapping[str, Any], name: str, path: Path) -> Any:
    if content.get(name) is None:
        raise DamagedFileError(
            f"{path} lacks the field {name!r}", hint="download the checkpoint again"
        )
    return content[name]


def _integer(content: Mapping[str, Any], name: str, path: Path) -> int:
    """A required integer."""
    value = _field(content, name, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DamagedFileError(
            f"{path} has {value!r} as {name}, expected an integer",
            hint="download the checkpoint again",
        )
    return int(value)


def _read_prompts(extra: Mapping[str, Any], path: Path) -> Mapping[str, str]:
    prompts = extra.get("prompts") or {}
    if not isinstance(prompts, dict) or not all(isinstance(p, str) for p in prompts.values()):
        raise DamagedFileError(
            f"the prompts in {path} are not an object of strings",
            hint="download the checkpoint again",
        )
    return MappingProxyType({name: prompt for name, prompt in prompts.items() if prompt})


def _read_similarity(extra: Mapping[str, Any], path: Path) -> str:
    name = extra.get("similarity_fn_name") or "cosine"
    if name not in SIMILARITY_NAMES:
        raise UnsupportedModelError(
            f"{path} has the similarity {name!r}, which is not supported",
            hint="supported similarities: " + ", ".join(SIMILARITY_NAMES),
        )
    return str(name)


@dataclass(frozen=True)
class _ModuleList:
    """Folder of the first module, the other modules, and whether the first one is static."""

    folder: Path
    modules: tuple[Module, ...]
    static: bool = False


def _read_modules(folder: Path, notes: list[str]) -> _ModuleList:
    path = folder / "modules.json"
    if not path.exists():
        return _without_modules(folder, notes)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        listed = [(str(e["type"]).rsplit(".", 1)[-1], folder / str(e["path"])) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            f"{path} cannot be read as a list of modules: {error}",
            hint="download the checkpoint again",
        ) from error
    first, first_folder = listed[0] if listed else ("missing", folder)
    if first not in ("Transformer", "StaticEmbedding"):
        raise UnsupportedModelError(
            f"the first module in {path} is {first}, expected Transformer or StaticEmbedding",
            hint="use a checkpoint whose first module is a transformer or static embeddings",
        )
    others = (entry for entry in listed[1:] if entry[0] not in _TRAINING_ONLY)
    modules = tuple(_read_module(kind, folder, path) for kind, folder in others)
    if first == "StaticEmbedding":
        return _ModuleList(first_folder, modules, static=True)
    if not any(isinstance(m, Pooling) for m in modules):
        notes.append("modules.json has no pooling: mean pooling is assumed")
        modules = (Pooling(), *modules)
    return _ModuleList(first_folder, modules)


_TRAINING_ONLY = ("Dropout",)
"""Modules that have no effect outside training."""


def _without_modules(folder: Path, notes: list[str]) -> _ModuleList:
    """The modules of a checkpoint of transformers or model2vec."""
    network = read_json(folder / "config.json")
    if network.get("model_type") == "model2vec":
        modules = (Normalize(),) if network.get("normalize") else ()
        return _ModuleList(folder, modules, static=True)
    notes.append("no modules.json: mean pooling is assumed, vectors are not normalised")
    return _ModuleList(folder, (Pooling(),))


def _read_network(listed: _ModuleList) -> dict[str, Any]:
    if listed.static:
        return {"model_type": STATIC}
    path = listed.folder / "config.json"
    network = read_json(path)
    _field(network, "model_type", path)
    return network


def _read_module(kind: str, folder: Path, listed_in: Path) -> Module:
    path = folder / "config.json"
    match kind:
        case "Pooling":
            return _read_pooling(read_json(path), path)
        case "Dense":
            return _read_dense(folder, read_json(path), path)
        case "LayerNorm":
            return LayerNorm(folder, _integer(read_json(path), "dimension", path))
        case "Normalize":
            return Normalize()
        case _:
            raise UnsupportedModelError(
                f"{listed_in} has the module {kind}, which is not supported",
                hint="supported modules: Transformer, StaticEmbedding, Pooling, Dense, LayerNorm, "
                "Dropout, Normalize",
            )


def _read_dense(folder: Path, settings: Mapping[str, Any], path: Path) -> Dense:
    for name, expected in _DENSE_EXPECTED.items():
        value = settings.get(name)
        if value not in (None, expected):
            raise UnsupportedModelError(
                f"{path} has {name} {value!r}, which is not supported",
                hint=f"only {expected!r} is supported; use sentence-transformers",
            )
    return Dense(
        folder,
        _integer(settings, "in_features", path),
        _integer(settings, "out_features", path),
        bool(settings.get("bias", True)),
        str(settings.get("activation_function", "Tanh")).rsplit(".", 1)[-1],
    )


_DENSE_EXPECTED: Mapping[str, Any] = MappingProxyType(
    {
        "use_residual": False,
        "module_input_name": "sentence_embedding",
        "module_output_name": "sentence_embedding",
    }
)
"""Settings that change what a dense layer computes, with the only supported value.

sentence-transformers ignores other settings too.
"""


def _read_pooling(settings: Mapping[str, Any], path: Path) -> Pooling:
    modes = settings.get("pooling_mode")
    if modes is None:
        enabled = {
            m: settings.get(f"pooling_mode_{m}") or settings.get(f"pooling_mode_{m}_tokens")
            for m in POOLING_MODES
        }
        enabled["cls"] = settings.get("pooling_mode_cls_token")
        modes = [m for m in POOLING_MODES if enabled[m]] or ["mean"]
    elif isinstance(modes, str):
        modes = [modes]
    for mode in modes:
        if mode not in POOLING_MODES:
            raise UnsupportedModelError(
                f"{path} has the pooling {mode!r}, which is not supported",
                hint="supported poolings: " + ", ".join(POOLING_MODES),
            )
    return Pooling(tuple(modes), bool(settings.get("include_prompt", True)))


_TRANSFORMER_FILES = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)


def _read_transformer_settings(folder: Path) -> dict[str, Any]:
    for name in _TRANSFORMER_FILES:
        if settings := read_json(folder / name, optional=True):
            return settings
    return {}


def _max_tokens(
    folder: Path,
    network: Mapping[str, Any],
    transformer: Mapping[str, Any],
    notes: list[str],
) -> int:
    """The maximum length. The truncation in tokenizer.json is not used."""
    if network["model_type"] == STATIC:
        return UNBOUNDED
    rows = network.get("max_position_embeddings") and _integer(
        network, "max_position_embeddings", folder / "config.json"
    )
    learned = _LEARNED_POSITIONS.get(network["model_type"])
    positions = rows - learned if rows and learned else rows
    if transformer.get("max_seq_length"):
        limit = _integer(transformer, "max_seq_length", folder / "sentence_bert_config.json")
        if positions and learned is not None and limit > positions:
            notes.append(f"max_seq_length is {limit}, but the network has {positions} positions")
            return positions
        return limit
    tokenizer = read_json(folder / "tokenizer_config.json", optional=True)
    stated = tokenizer.get("model_max_length") and _integer(
        tokenizer, "model_max_length", folder / "tokenizer_config.json"
    )
    limits = [limit for limit in (positions, stated) if limit and limit < UNBOUNDED]
    if not limits:
        notes.append("there is no maximum length: 512 tokens are assumed")
        return 512
    return min(limits)
