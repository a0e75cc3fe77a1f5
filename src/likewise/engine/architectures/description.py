"""The description of a post-norm encoder, by fields and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, Parameters
from likewise.engine.tensors import Tensors


@dataclass(frozen=True)
class EncoderDescription:
    """Embeddings and layers. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Layer normalization follows each residual sum (post-norm).

    Attributes:
        tensors: the checkpoint's tensors.
        sizes: sizes, activation and epsilon of every layer.
        layers: number of layers.
        prefix: prefix of a layer's tensor names, before the layer's index.
        names: names of a layer's parameters, after the prefix.
        word_embeddings: float32 `[vocabulary, hidden size]`.
        position_embeddings: absolute, float32 `[positions, hidden size]`, from the first token on.
        embedding_norm: name of the layer normalization of the summed embeddings.
        token_type_embeddings: float32 `[token types, hidden size]`, where the model has them.
        relative_position_bias: float32 `[2 * max distance + 1, heads]`, added to attention scores
            by the key's position minus the query's; larger distances are clipped.
    """

    tensors: Tensors
    sizes: LayerSizes
    layers: int
    prefix: str
    names: LayerParameterNames
    word_embeddings: NDArray[np.float32]
    position_embeddings: NDArray[np.float32]
    embedding_norm: str = "embeddings.LayerNorm"
    token_type_embeddings: NDArray[np.float32] | None = None
    relative_position_bias: NDArray[np.float32] | None = None

    @property
    def position_and_type_embeddings(self) -> NDArray[np.float32]:
        """Position embeddings plus the embedding of token type 0, for input of single texts."""
        types = self.token_type_embeddings
        return self.position_embeddings if types is None else self.position_embeddings + types[0]

    def layer_prefix(self, index: int) -> str:
        """The prefix of one layer's tensor names."""
        return f"{self.prefix}{index}."

    def layer_norm(self, name: str) -> Parameters:
        """Weight and bias of a layer normalization: float32 `[hidden size]` each."""
        shape = (self.sizes.hidden_size,)
        return Parameters(
            self.tensors(f"{name}.weight", shape), self.tensors(f"{name}.bias", shape)
        )


def embedding_table(
    tensors: Tensors, name: str, rows: int, hidden_size: int
) -> NDArray[np.float32]:
    """The table `embeddings.NAME_embeddings.weight`: float32 `[rows, hidden size]`.

    Raises:
        DamagedFileError: it is missing or has another shape.
    """
    return tensors(f"embeddings.{name}_embeddings.weight", (rows, hidden_size))


class Describe(Protocol):
    """Reads the description of a checkpoint."""

    def __call__(self, config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
        """The description.

        Args:
            config: `config.json`.
            tensors: the weights.

        Raises:
            DamagedFileError: a tensor is missing or has another shape.
            KeyError: the config lacks a field.
            UnsupportedModelError: the config requests an unsupported variant.
        """
        ...
