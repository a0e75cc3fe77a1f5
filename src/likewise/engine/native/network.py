"""A stack, packed as the kernels walk it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures import EncoderDescription
from likewise.engine.layer_parameters import LinearParameters, Parameters
from likewise.engine.native import binding
from likewise.engine.native.library import FORMATS, TILES, features, loaded
from likewise.errors import UnsupportedModelError

PANEL = 64
"""Columns that lie together, and what all widths must be multiples of."""

LANES = 16
BYTES = {"int8": 1, "bfloat16": 2, "float32": 4}


class PackedNetwork:
    """Weights in the order of the products, in one number format; everything else as it was.

    In int8 every column of a weight is rounded over its own range when it is packed, and every
    row of a product's other side when it is met: nothing has to be measured beforehand.

    Args:
        stack: the network.
        compute: `int8`, `bfloat16` or `float32`.
        inner: the number format of attention: `bfloat16` or `float32`.
        max_tokens: tokens of a text at most.

    Attributes:
        hidden: numbers a token.
        vocabulary: tokens it has embeddings of.
        max_tokens: tokens of a text that it has places for, at most as many as asked for.

    Raises:
        UnsupportedModelError: the kernels do not know a width or an activation.
        DamagedFileError: a tensor is missing, or has another shape.
    """

    def __init__(
        self, stack: EncoderDescription, compute: str, inner: str, max_tokens: int
    ) -> None:
        self._kept: list[object] = []
        self._stack, self._compute = stack, compute
        self._tiles = bool((features() or 0) & TILES)
        sizes = stack.sizes
        _check(stack)
        layers = (binding.LayerStruct * stack.layers)(*map(self._layer, range(stack.layers)))
        reach = -(-max_tokens // LANES) * LANES
        self._kept.append(layers)
        self.max_tokens = min(max_tokens, len(stack.places))
        self.hidden, self.vocabulary = sizes.hidden, len(stack.words)
        self.structure = binding.NetworkStruct(
            layers=layers,
            words=self._keep(stack.words),
            places=self._keep(stack.places_alone),
            norm=self._norm(stack.norm),
            relative=self._relative(reach),
            layer_count=stack.layers,
            hidden=sizes.hidden,
            heads=sizes.heads,
            wide=sizes.wide,
            reach=reach,
            format=FORMATS[compute],
            attention=FORMATS[inner],
            activation=binding.ACTIVATIONS[sizes.activation],
            tiles=self._tiles,
            epsilon=sizes.epsilon,
        )

    def _layer(self, index: int) -> binding.LayerStruct:
        stack, names, prefix = self._stack, self._stack.names, self._stack.layer(index)
        hidden, wide = stack.sizes.hidden, stack.sizes.wide

        def read(part: LinearParameters, inner: int, outer: int) -> Parameters:
            return part.read(stack.tensors, prefix, inner, outer)

        parts = [read(part, hidden, hidden) for part in (names.query, names.key, names.value)]
        return binding.LayerStruct(
            stacked=self._pack(*parts),
            attended=self._pack(read(names.attended, hidden, hidden)),
            inner=self._pack(read(names.inner, hidden, wide)),
            outer=self._pack(read(names.outer, wide, hidden)),
            attention_norm=self._norm(prefix + names.attention_norm),
            output_norm=self._norm(prefix + names.output_norm),
        )

    def _pack(self, *side_by_side: Parameters) -> binding.LinearStruct:
        """One linear layer of several whose columns lie side by side."""
        inner = side_by_side[0].weight.shape[1]
        outer = sum(len(part.weight) for part in side_by_side)
        size = inner * BYTES[self._compute]
        packed = _aligned(outer * size, np.uint8)
        scale, total, bias = (np.zeros(outer, np.float32) for _ in range(3))
        pack, done = loaded().likewise_pack, 0
        for part in side_by_side:
            weight = np.ascontiguousarray(part.weight, np.float32)
            pack(
                FORMATS[self._compute], self._tiles, weight.ctypes.data, len(weight), inner,
                packed.ctypes.data + done * size,
                scale.ctypes.data + 4 * done, total.ctypes.data + 4 * done,
            )  # fmt: skip
            if part.bias is not None:
                bias[done : done + len(weight)] = part.bias
            done += len(weight)
        return binding.LinearStruct(
            weight=self._keep(packed),
            scale=self._keep(scale),
            sum=self._keep(total),
            bias=self._keep(bias),
            inner=inner,
            outer=outer,
        )

    def _norm(self, name: str) -> binding.NormStruct:
        weight, bias = self._stack.normal(name)
        return binding.NormStruct(
            weight=self._keep(weight),
            bias=self._keep(np.zeros_like(weight) if bias is None else bias),
        )

    def _relative(self, reach: int) -> int | None:
        """What is added to scores, by distance from `-reach` on: `[heads, 2 · reach + 16]`."""
        table = self._stack.by_distance
        if table is None:
            return None
        farthest = len(table) // 2
        distance = np.clip(np.arange(-reach, reach + LANES), -farthest, farthest)
        return self._keep(table[distance + farthest].T * np.float32(np.log2(np.e)))

    def _keep(self, array: NDArray[np.generic]) -> int:
        """Where an array lies, which lives as long as this network does."""
        array = np.ascontiguousarray(array)
        self._kept.append(array)
        return int(array.ctypes.data)


def _check(stack: EncoderDescription) -> None:
    """Refuse what the kernels do not know."""
    sizes = stack.sizes
    widths = (sizes.hidden, sizes.wide)
    if any(width % PANEL for width in widths) or sizes.head % 32:
        raise UnsupportedModelError(
            f"the kernels take widths that are multiples of {PANEL} and heads of 32, not "
            f"{sizes.hidden}, {sizes.wide} and {sizes.head}",
            hint="OpenVINO runs it",
        )
    if sizes.activation not in binding.ACTIVATIONS:
        raise UnsupportedModelError(
            f"the kernels do not know the activation {sizes.activation!r}",
            hint="OpenVINO runs it",
        )


def _aligned(count: int, kind: type[np.generic]) -> NDArray[np.generic]:
    """An array that begins at a whole register."""
    size = count * np.dtype(kind).itemsize
    memory = np.empty(size + PANEL, np.uint8)
    start = -memory.ctypes.data % PANEL
    return memory[start : start + size].view(kind)
