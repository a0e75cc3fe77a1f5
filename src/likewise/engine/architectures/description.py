"""The one shape of families whose layers normalise after each sum: what they are, as arrays."""

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
    """Embeddings, and layers upon them. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Attributes:
        tensors: the checkpoint's.
        sizes: of every layer.
        layers: how many there are.
        prefix: what the names of a layer's tensors begin with, before its number.
        names: and how they go on.
        words: float32 `[vocabulary, hidden]`.
        places: float32 `[positions, hidden]`, from a text's first token on.
        norm: what normalises the sum of the embeddings.
        types: float32 `[types, hidden]`, where tokens are told which text of a pair they are of.
        by_distance: float32 `[2 · farthest + 1, heads]`, added to the score of a key that stands so
            far behind its query, from `-farthest` on; what lies farther counts as the farthest.
    """

    tensors: Tensors
    sizes: LayerSizes
    layers: int
    prefix: str
    names: LayerParameterNames
    words: NDArray[np.float32]
    places: NDArray[np.float32]
    norm: str = "embeddings.LayerNorm"
    types: NDArray[np.float32] | None = None
    by_distance: NDArray[np.float32] | None = None

    @property
    def places_alone(self) -> NDArray[np.float32]:
        """`places` where every token is of type 0, whose row joins them once and for all."""
        return self.places if self.types is None else self.places + self.types[0]

    def layer(self, index: int) -> str:
        """What the names of one layer's tensors begin with."""
        return f"{self.prefix}{index}."

    def normal(self, name: str) -> Parameters:
        """A layer normalisation's weight and bias: float32 `[hidden]` each."""
        shape = (self.sizes.hidden,)
        return Parameters(
            self.tensors(f"{name}.weight", shape), self.tensors(f"{name}.bias", shape)
        )


class Describe(Protocol):
    """A checkpoint to its stack."""

    def __call__(self, config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
        """The stack.

        Args:
            config: `config.json`.
            tensors: the weights.

        Raises:
            DamagedFileError: a tensor is missing or has another shape.
            KeyError: the config lacks a field.
            UnsupportedModelError: the config asks for a variant that is not known here.
        """
        ...
