"""A network with its weights packed for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures import EncoderDescription
from likewise.engine.layer_parameters import LinearParameters, Parameters
from likewise.engine.native import binding
from likewise.engine.native.library import (
    FORMATS,
    INSTRUCTIONS,
    TILES,
    features,
    instructions,
    loaded,
)
from likewise.errors import UnsupportedModelError

PANEL = 64
"""Columns of a panel of packed weights; all widths must be multiples of it."""

LANES = 16
ALIGNMENT = 64


class PackedNetwork:
    """A network with its weights packed in one number format; the other arrays are float32.

    In int8, weights are quantized by output channel when they are packed, and activations by row
    at run time (dynamic quantization), so no calibration is needed.

    Args:
        encoder: the network.
        compute: `int8`, `bfloat16` or `float32`.
        attention_format: the number format of attention: `bfloat16` or `float32`.
        max_tokens: maximum number of tokens of a text.

    Attributes:
        hidden_size: size of a token's hidden state.
        vocabulary_size: number of word embeddings.
        max_tokens: maximum length of a text, limited by the position embeddings.

    Raises:
        UnsupportedModelError: the kernels do not support a width or the activation.
        DamagedFileError: a tensor is missing, or has another shape.
    """

    def __init__(
        self, encoder: EncoderDescription, compute: str, attention_format: str, max_tokens: int
    ) -> None:
        self._buffers: list[object] = []
        self._encoder, self._compute = encoder, compute
        self._instructions = INSTRUCTIONS[instructions(compute)]
        self._use_tiles = bool((features(compute) or 0) & TILES)
        sizes = encoder.sizes
        _check(encoder)
        layers = (binding.LayerStruct * encoder.layers)(*map(self._layer, range(encoder.layers)))
        max_positions = -(-max_tokens // LANES) * LANES
        self._buffers.append(layers)
        self.max_tokens = min(max_tokens, len(encoder.position_embeddings))
        self.hidden_size = sizes.hidden_size
        self.vocabulary_size = len(encoder.word_embeddings)
        self.structure = binding.NetworkStruct(
            layers=layers,
            word_embeddings=self._address(encoder.word_embeddings),
            position_embeddings=self._address(encoder.position_and_type_embeddings),
            embedding_norm=self._norm(encoder.embedding_norm),
            position_bias=self._position_bias(max_positions),
            layer_count=encoder.layers,
            hidden_size=sizes.hidden_size,
            heads=sizes.heads,
            intermediate_size=sizes.intermediate_size,
            max_positions=max_positions,
            instructions=self._instructions,
            format=FORMATS[compute],
            attention_format=FORMATS[attention_format],
            activation=binding.ACTIVATIONS[sizes.activation],
            use_tiles=self._use_tiles,
            epsilon=sizes.epsilon,
        )

    def _layer(self, index: int) -> binding.LayerStruct:
        encoder, names = self._encoder, self._encoder.names
        prefix = encoder.layer_prefix(index)
        hidden, intermediate = encoder.sizes.hidden_size, encoder.sizes.intermediate_size

        def read(linear: LinearParameters, in_features: int, out_features: int) -> Parameters:
            return linear.read(encoder.tensors, prefix, in_features, out_features)

        projections = (names.query, names.key, names.value)
        return binding.LayerStruct(
            qkv=self._pack(*(read(projection, hidden, hidden) for projection in projections)),
            attention_output=self._pack(read(names.attention_output, hidden, hidden)),
            intermediate=self._pack(read(names.intermediate, hidden, intermediate)),
            output=self._pack(read(names.output, intermediate, hidden)),
            attention_norm=self._norm(prefix + names.attention_norm),
            output_norm=self._norm(prefix + names.output_norm),
        )

    def _pack(self, *concatenated: Parameters) -> binding.LinearStruct:
        """Pack one linear layer, made of one or more with concatenated outputs."""
        in_features = concatenated[0].weight.shape[1]
        out_features = sum(len(part.weight) for part in concatenated)
        kernels, format_code = loaded(), FORMATS[self._compute]
        column_size = in_features * kernels.likewise_element_size(self._instructions, format_code)
        packed = _aligned_bytes(out_features * column_size)
        scale, total, bias = (np.zeros(out_features, np.float32) for _ in range(3))
        column = 0
        for part in concatenated:
            weight = np.ascontiguousarray(part.weight, np.float32)
            kernels.likewise_pack(
                self._instructions, format_code, self._use_tiles, weight.ctypes.data, len(weight),
                in_features, packed.ctypes.data + column * column_size,
                scale.ctypes.data + 4 * column, total.ctypes.data + 4 * column,
            )  # fmt: skip
            if part.bias is not None:
                bias[column : column + len(weight)] = part.bias
            column += len(weight)
        return binding.LinearStruct(
            weight=self._address(packed),
            scale=self._address(scale),
            sum=self._address(total),
            bias=self._address(bias),
            in_features=in_features,
            out_features=out_features,
        )

    def _norm(self, name: str) -> binding.LayerNormStruct:
        weight, bias = self._encoder.layer_norm(name)
        return binding.LayerNormStruct(
            weight=self._address(weight),
            bias=self._address(np.zeros_like(weight) if bias is None else bias),
        )

    def _position_bias(self, max_positions: int) -> int | None:
        """The relative position bias times log2(e): `[heads, 2 · max_positions + 16]`."""
        table = self._encoder.relative_position_bias
        if table is None:
            return None
        max_distance = len(table) // 2
        distance = np.arange(-max_positions, max_positions + LANES)
        distance = np.clip(distance, -max_distance, max_distance)
        return self._address(table[distance + max_distance].T * np.float32(np.log2(np.e)))

    def _address(self, array: NDArray[np.generic]) -> int:
        """The address of an array, which is held as long as this network exists."""
        array = np.ascontiguousarray(array)
        self._buffers.append(array)
        return int(array.ctypes.data)


def _check(encoder: EncoderDescription) -> None:
    """Refuse what the kernels do not support."""
    sizes = encoder.sizes
    widths = (sizes.hidden_size, sizes.intermediate_size)
    if any(width % PANEL for width in widths) or sizes.head_size % 32:
        raise UnsupportedModelError(
            f"the kernels need widths that are multiples of {PANEL} and head sizes that are "
            f"multiples of 32, not {widths[0]}, {widths[1]} and {sizes.head_size}",
            hint="OpenVINO runs it",
        )
    if sizes.activation not in binding.ACTIVATIONS:
        raise UnsupportedModelError(
            f"the kernels do not support the activation {sizes.activation!r}",
            hint="OpenVINO runs it",
        )


def _aligned_bytes(size: int) -> NDArray[np.uint8]:
    """Uninitialized memory, aligned to a register of 64 bytes."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]
