"""The interface of all graph architectures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from likewise.engine.openvino.ops import Node
from likewise.engine.tensors import Tensors


@dataclass(frozen=True)
class Inputs:
    """The inputs of a network for one batch.

    Attributes:
        token_ids: int32 `[rows, length]`.
        positions: int32 `[rows, length]`, position in the text, from 0.
        mask: float32 `[rows, 1, length, length]`, added to attention scores.
        max_tokens: maximum number of tokens of a text.
        token_types: int32 `[rows, length]`, for models of text pairs; None is type 0 everywhere.
    """

    token_ids: Node
    positions: Node
    mask: Node
    max_tokens: int
    token_types: Node | None = None


class GraphOutputs(Protocol):
    """Builds the graph from the inputs to the hidden states of the last layer."""

    def __call__(self, config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> Node:
        """Float32 `[rows, length, hidden size]`.

        Args:
            config: `config.json`.
            tensors: the weights.
            inputs: the batch.

        Raises:
            DamagedFileError: a tensor is missing or has another shape, or the config lacks a field.
            UnsupportedModelError: the config requests an unsupported variant.
        """
        ...


@dataclass(frozen=True)
class Architecture:
    """An architecture.

    Attributes:
        hidden_states: builds the network.
        prefixes: prefixes of the tensor names in checkpoints that were saved with a task head.
    """

    hidden_states: GraphOutputs
    prefixes: tuple[str, ...]
