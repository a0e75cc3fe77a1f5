"""What the parts of a transformer layer are called and how wide they are, family by family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from likewise.engine.tensors import Tensors
from likewise.errors import DamagedFileError, UnsupportedModelError


class Parameters(NamedTuple):
    """What a linear layer or a normalisation multiplies by and adds."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32] | None


@dataclass(frozen=True)
class LinearParameters:
    """Where a linear layer lies among the tensors.

    Attributes:
        name: its tensors are `name.weight` and `name.bias`.
        bias: whether it has one.
        part: which of the parts stacked in the tensors along their first axis, from 0.
        parts: how many there are.
    """

    name: str
    bias: bool = True
    part: int = 0
    parts: int = 1

    def read(self, tensors: Tensors, prefix: str, inner: int, outer: int) -> Parameters:
        """Its weight `[outer, inner]` and its bias `[outer]`.

        Raises:
            DamagedFileError: a tensor is missing, or has another shape.
        """
        name, stacked = prefix + self.name, outer * self.parts
        rows = slice(self.part * outer, (self.part + 1) * outer)
        bias = tensors(f"{name}.bias", (stacked,))[rows] if self.bias else None
        return Parameters(tensors(f"{name}.weight", (stacked, inner))[rows], bias)


@dataclass(frozen=True)
class LayerParameterNames:
    """What the parts of a layer are called.

    Attributes:
        query: these four make the attention.
        key: see `query`.
        value: see `query`.
        attended: see `query`.
        attention_norm: normalises around the attention.
        inner: widens.
        outer: narrows again.
        output_norm: normalises around `inner` and `outer`.
        gate: multiplied with what `inner` gives; the activation then lies on the gate.
    """

    query: LinearParameters
    key: LinearParameters
    value: LinearParameters
    attended: LinearParameters
    attention_norm: str
    inner: LinearParameters
    outer: LinearParameters
    output_norm: str
    gate: LinearParameters | None = None


@dataclass(frozen=True)
class LayerSizes:
    """How wide a layer is, and what it computes between.

    Attributes:
        hidden: numbers a token.
        heads: attention heads.
        wide: numbers a token between `inner` and `outer`.
        activation: its name in config.json.
        epsilon: of the layer normalisations.
        norm_bias: whether these have a bias.

    Raises:
        DamagedFileError: the heads do not share the numbers of a token evenly.
    """

    hidden: int
    heads: int
    wide: int
    activation: str
    epsilon: float
    norm_bias: bool = True

    def __post_init__(self) -> None:
        if self.heads < 1 or self.hidden % self.heads:
            raise DamagedFileError(
                f"config.json gives {self.heads} attention heads to a hidden size of "
                f"{self.hidden}, which they do not divide",
                hint="download the checkpoint again",
            )

    @property
    def head(self) -> int:
        """Numbers a token in one head."""
        return self.hidden // self.heads


def refuse(config: Mapping[str, Any], **known: Any) -> None:
    """Refuse a variant: a field of config.json that has another value than the one known here.

    Raises:
        UnsupportedModelError: there is one.
    """
    for name, value in known.items():
        if config.get(name, value) != value:
            raise UnsupportedModelError(
                f"{config['model_type']} with {name} {config[name]!r} is not known here",
                hint=f"{name} {value!r} is",
            )
