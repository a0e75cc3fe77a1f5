"""The one shape that all architectures have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from likewise.engine.openvino.ops import Node
from likewise.engine.tensors import Tensors


@dataclass(frozen=True)
class Inputs:
    """What a network sees of a batch.

    Attributes:
        token_ids: int32 `[rows, length]`.
        positions: int32 `[rows, length]`, place in the text, from 0.
        mask: float32 `[rows, 1, length, length]`, added to attention scores.
        max_tokens: tokens of a text at most.
        token_types: int32 `[rows, length]`, for networks that read pairs; None is 0 everywhere.
    """

    token_ids: Node
    positions: Node
    mask: Node
    max_tokens: int
    token_types: Node | None = None


class GraphOutputs(Protocol):
    """Inputs to the last layer's states."""

    def __call__(self, config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> Node:
        """Float32 `[rows, length, hidden size]`.

        Args:
            config: `config.json`.
            tensors: the weights.
            inputs: the batch.

        Raises:
            DamagedFileError: a tensor is missing or has another shape, or the config lacks a field.
            UnsupportedModelError: the config asks for a variant that is not known here.
        """
        ...


@dataclass(frozen=True)
class Architecture:
    """A family.

    Attributes:
        hidden_states: its network.
        prefixes: what its tensors' names begin with in checkpoints saved with a head on top.
    """

    hidden_states: GraphOutputs
    prefixes: tuple[str, ...]
