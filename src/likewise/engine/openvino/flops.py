"""The number of multiply-adds of a network, counted in its graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from likewise.engine.openvino.bindings import ov


@dataclass(frozen=True)
class OperationCount:
    """Multiply-adds of a network; padding, norms and activations are not counted.

    Attributes:
        per_token: of the linear layers.
        per_token_pair: of attention, for each query token and key token.
    """

    per_token: int
    per_token_pair: int

    def of(self, lengths: Iterable[int]) -> int:
        """Multiply-adds for texts of these lengths."""
        return sum(n * self.per_token + n * n * self.per_token_pair for n in lengths)


def count_operations(model: ov.Model) -> OperationCount:
    """Count the multiply-adds of a graph of `graph.build`."""
    per_token = per_token_pair = 0
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind == "MatMul" and (weights := _weights(node)):
            per_token += weights
        elif kind == "ScaledDotProductAttention":
            # scores of every query and key, and the weighted sum of the values
            shape = node.input(0).get_partial_shape()
            per_token_pair += 2 * shape[1].get_length() * shape[3].get_length()
    return OperationCount(per_token, per_token_pair)


def _weights(node: Any) -> int:
    """Number of weights of a matrix product; 0 if no input is constant."""
    source = node.input_value(1).get_node()
    while source.get_type_name() in ("Convert", "Multiply", "FakeQuantize"):
        source = source.input_value(0).get_node()
    if source.get_type_name() != "Constant":
        return 0
    return int(source.get_output_shape(0)[0] * source.get_output_shape(0)[1])
