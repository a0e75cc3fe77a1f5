"""Names and sizes of the parameters of a transformer layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from likewise.engine.tensors import Tensors
from likewise.errors import DamagedFileError, UnsupportedModelError


class Parameters(NamedTuple):
    """Weight and bias of a linear layer or a layer normalization."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32] | None


@dataclass(frozen=True)
class LinearParameters:
    """The tensors of a linear layer.

    Attributes:
        name: the tensors are `name.weight` and `name.bias`.
        bias: whether the layer has a bias.
        part: index of the layer where several are concatenated along the first axis, from 0.
        parts: number of concatenated layers.
    """

    name: str
    bias: bool = True
    part: int = 0
    parts: int = 1

    def read(
        self, tensors: Tensors, prefix: str, in_features: int, out_features: int
    ) -> Parameters:
        """Weight `[out_features, in_features]` and bias `[out_features]`.

        Raises:
            DamagedFileError: a tensor is missing, or has another shape.
        """
        name, total = prefix + self.name, out_features * self.parts
        rows = slice(self.part * out_features, (self.part + 1) * out_features)
        bias = tensors(f"{name}.bias", (total,))[rows] if self.bias else None
        return Parameters(tensors(f"{name}.weight", (total, in_features))[rows], bias)


@dataclass(frozen=True)
class LayerParameterNames:
    """Names of the parameters of a layer.

    Attributes:
        query: query projection.
        key: key projection.
        value: value projection.
        attention_output: output projection of the attention.
        attention_norm: layer normalization of the attention block.
        intermediate: first linear layer of the feed-forward block.
        output: second linear layer of the feed-forward block.
        output_norm: layer normalization of the feed-forward block.
        gate: gate projection of a gated feed-forward block (GLU). The activation is applied to
            the gate, which is multiplied with the output of `intermediate`.
    """

    query: LinearParameters
    key: LinearParameters
    value: LinearParameters
    attention_output: LinearParameters
    attention_norm: str
    intermediate: LinearParameters
    output: LinearParameters
    output_norm: str
    gate: LinearParameters | None = None


@dataclass(frozen=True)
class LayerSizes:
    """Sizes, activation and normalization of a layer.

    Attributes:
        hidden_size: size of a token's hidden state.
        heads: number of attention heads.
        intermediate_size: size of the feed-forward block.
        activation: its name in config.json.
        epsilon: of the layer normalizations.
        norm_bias: whether the layer normalizations have a bias.

    Raises:
        DamagedFileError: the hidden size is not a multiple of the number of heads.
    """

    hidden_size: int
    heads: int
    intermediate_size: int
    activation: str
    epsilon: float
    norm_bias: bool = True

    def __post_init__(self) -> None:
        if self.heads < 1 or self.hidden_size % self.heads:
            raise DamagedFileError(
                f"config.json gives {self.heads} attention heads to a hidden size of "
                f"{self.hidden_size}, which they do not divide",
                hint="download the checkpoint again",
            )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """From a config.json with BERT's field names.

        Raises:
            KeyError: a field is missing.
        """
        return cls(
            hidden_size=config["hidden_size"],
            heads=config["num_attention_heads"],
            intermediate_size=config["intermediate_size"],
            activation=config["hidden_act"],
            epsilon=config.get("layer_norm_eps", 1e-12),
        )

    @property
    def head_size(self) -> int:
        """Size of one attention head."""
        return self.hidden_size // self.heads


def refuse(config: Mapping[str, Any], **supported: Any) -> None:
    """Refuse an unsupported variant: a field of config.json with a value other than `supported`.

    Raises:
        UnsupportedModelError: a field has another value.
    """
    for name, value in supported.items():
        if config.get(name, value) != value:
            raise UnsupportedModelError(
                f"{config['model_type']} with {name} {config[name]!r} is not supported",
                hint=f"only {value!r} is supported",
            )
