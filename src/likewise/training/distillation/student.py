"""A smaller network that starts from a part of its teacher's weights."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from likewise.errors import InputError, UnsupportedModelError
from likewise.training.network import TrainingNetwork

ALIGNED = 10_000
"""Texts by which the last linear layer is set before training."""

_LAYER_COUNTS = ("num_hidden_layers", "n_layers")
_HEAD_COUNTS = ("num_attention_heads", "n_heads")
_HIDDEN_SIZES = ("hidden_size", "dim")
_INNER_SIZES = ("intermediate_size", "hidden_dim")


@dataclass(frozen=True)
class Shape:
    """The size of a student.

    Attributes:
        layers: number of layers, or the teacher's layers to take, from 0.
        hidden_size: of its network; the teacher's when None.
        dimension: of its vectors; the teacher's when None.
    """

    layers: tuple[int, ...] | int
    hidden_size: int | None = None
    dimension: int | None = None


def make_student(network: TrainingNetwork, shape: Shape) -> tuple[int, ...]:
    """Replace the network of a model by a smaller one; gives the teacher's layers that it has.

    Weights are those of the chosen layers; with a smaller hidden size, their first rows and
    columns. Where the sizes of the vectors differ, or layers are left out, a linear layer after the
    pooling follows; `align` sets it.

    Args:
        network: the teacher, loaded for training; it becomes the student.
        shape: the size of the student.

    Raises:
        InputError: the teacher has fewer layers, or the sizes do not fit.
        UnsupportedModelError: the teacher is of a family whose layers are not known.
    """
    from sentence_transformers.sentence_transformer import modules

    transformer = network.model[0]
    teacher = transformer.auto_model
    config = copy.deepcopy(teacher.config)
    depth = int(_get(config, _LAYER_COUNTS))
    kept = chosen_layers(shape.layers, depth)
    width = int(_get(config, _HIDDEN_SIZES))
    dimension = network.dimension if shape.dimension is None else shape.dimension
    _set(config, _LAYER_COUNTS, len(kept))
    if shape.hidden_size is not None:
        _narrow(config, shape.hidden_size, width)
    student = type(teacher)(config)
    _copy_weights(teacher, student, kept)
    transformer.model = student.to(network.device).float()
    after = [module for module in list(network.model)[1:] if not _is_dense(module)]
    hidden = shape.hidden_size or width
    last = modules.Dense(hidden, dimension, bias=False, activation_function=torch.nn.Identity()).to(
        network.device
    )
    place = next((n for n, m in enumerate(after) if type(m).__name__ == "Pooling"), 0) + 1
    _replace_modules(network.model, [transformer, *after[:place], last, *after[place:]])
    if place:
        _set_pooling_size(after[place - 1], hidden)
    return kept


def chosen_layers(layers: tuple[int, ...] | int, depth: int) -> tuple[int, ...]:
    """The teacher's layers that a student takes.

    A number takes layers at equal distances, the first and the last one among them; a single one
    is the last.

    Raises:
        InputError: the teacher does not have them.
    """
    if isinstance(layers, int):
        if not 1 <= layers < depth:
            raise InputError(
                f"a student of {layers} layers is not smaller than the {depth} of its teacher",
                hint=f"choose 1 to {depth - 1} layers",
            )
        if layers == 1:
            return (depth - 1,)
        return tuple(n * (depth - 1) // (layers - 1) for n in range(layers))
    if not layers or len(set(layers)) != len(layers) or not all(0 <= n < depth for n in layers):
        raise InputError(
            f"layers {', '.join(map(str, layers))} cannot be taken",
            hint=f"name different layers from 0 to {depth - 1}",
        )
    return layers


def align(network: TrainingNetwork, texts: Sequence[str], targets: NDArray[np.float32]) -> float:
    """Set the last linear layer so that vectors are nearest to their targets, by ridge regression.

    Args:
        network: the student.
        texts: some texts.
        targets: the teacher's vectors of them, float32 `[n, dimension]`.

    Returns:
        The mean cosine with the targets afterwards.
    """
    dense = next(module for module in network.model if _is_dense(module))
    weight = dense.linear.weight
    with torch.no_grad():
        pooled = _pooled(network, texts)
        scale = float(pooled.square().sum(1).mean())
        gram = pooled.T @ pooled + 1e-3 * scale * torch.eye(pooled.shape[1])
        wanted = torch.from_numpy(np.ascontiguousarray(targets))
        weight.copy_(torch.linalg.solve(gram, pooled.T @ wanted).T.to(weight))
        found = torch.nn.functional.normalize(pooled @ weight.T.cpu(), dim=-1)
    return float((found * torch.nn.functional.normalize(wanted, dim=-1)).sum(1).mean())


def _pooled(network: TrainingNetwork, texts: Sequence[str]) -> torch.Tensor:
    """Vectors before the linear layer, float32 `[n, hidden size]`."""
    model = network.model
    modules = list(model)
    before = next(n for n, module in enumerate(modules) if _is_dense(module))
    _replace_modules(model, modules[:before])
    try:
        return torch.from_numpy(network.encode(texts))
    finally:
        _replace_modules(model, modules)


def _copy_weights(teacher: Any, student: Any, kept: Sequence[int]) -> None:
    """The student's weights are the first rows and columns of the teacher's, layer by layer."""
    source = teacher.state_dict()
    pattern = re.compile(r"(?<=\.)(layer|layers)\.(\d+)\.|^(layer|layers)\.(\d+)\.")

    def name_in_teacher(name: str) -> str:
        found = pattern.search(name)
        if found is None:
            return name
        word, number = (found[1], found[2]) if found[1] else (found[3], found[4])
        return name[: found.start()] + f"{word}.{kept[int(number)]}." + name[found.end() :]

    with torch.no_grad():
        for name, tensor in student.state_dict().items():
            origin = source.get(name_in_teacher(name))
            if origin is None or origin.ndim != tensor.ndim:
                raise UnsupportedModelError(
                    f"the layers of {type(teacher).__name__} cannot be taken apart",
                    hint="distill a model of the family of BERT, MPNet, RoBERTa or DistilBERT, or "
                    "make a static model with --static",
                )
            tensor.copy_(origin[tuple(slice(0, size) for size in tensor.shape)])


def _narrow(config: Any, hidden: int, width: int) -> None:
    """Set a smaller hidden size; heads keep their size."""
    heads = int(_get(config, _HEAD_COUNTS))
    size = width // heads
    if not 0 < hidden <= width or hidden % size:
        raise InputError(
            f"a hidden size of {hidden} does not fit heads of {size}",
            hint=f"choose a multiple of {size} up to {width}",
        )
    inner = int(_get(config, _INNER_SIZES))
    _set(config, _HEAD_COUNTS, hidden // size)
    _set(config, _INNER_SIZES, inner * hidden // width)
    _set(config, _HIDDEN_SIZES, hidden)


def _get(config: Any, names: Sequence[str]) -> Any:
    for name in names:
        if hasattr(config, name):
            return getattr(config, name)
    raise UnsupportedModelError(
        f"the configuration of {type(config).__name__} states no {names[0]}",
        hint="distill a model of the family of BERT, MPNet, RoBERTa or DistilBERT",
    )


def _set(config: Any, names: Sequence[str], value: int) -> None:
    for name in names:
        if name in config.to_dict():
            setattr(config, name, value)


def _is_dense(module: Any) -> bool:
    return type(module).__name__ == "Dense"


def _set_pooling_size(pooling: Any, hidden: int) -> None:
    for name in ("word_embedding_dimension", "embedding_dimension"):
        if hasattr(pooling, name):
            setattr(pooling, name, hidden)


def _replace_modules(model: Any, modules: Sequence[Any]) -> None:
    """The modules of a SentenceTransformer, in order."""
    for name in list(model._modules):
        del model._modules[name]
    for number, module in enumerate(modules):
        model.add_module(str(number), module)
