"""The kernels' structures in ctypes; `kernels/abi.hpp` documents the fields."""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int32, c_int64, c_void_p

POOLINGS = ("mean", "mean_sqrt_len_tokens", "weightedmean", "cls", "lasttoken", "max")
ACTIVATIONS = {"gelu": 0, "gelu_new": 1, "gelu_pytorch_tanh": 1, "relu": 2}
MAX_POOLINGS = 8


class LinearStruct(ctypes.Structure):
    """A linear layer, packed."""

    _fields_ = (
        ("weight", c_void_p),
        ("scale", c_void_p),
        ("sum", c_void_p),
        ("bias", c_void_p),
        ("in_features", c_int32),
        ("out_features", c_int32),
    )


class LayerNormStruct(ctypes.Structure):
    """A layer normalization."""

    _fields_ = (("weight", c_void_p), ("bias", c_void_p))


class LayerStruct(ctypes.Structure):
    """One layer."""

    _fields_ = (
        ("qkv", LinearStruct),
        ("attention_output", LinearStruct),
        ("intermediate", LinearStruct),
        ("output", LinearStruct),
        ("attention_norm", LayerNormStruct),
        ("output_norm", LayerNormStruct),
    )


class NetworkStruct(ctypes.Structure):
    """Embeddings and layers."""

    _fields_ = (
        ("layers", ctypes.POINTER(LayerStruct)),
        ("word_embeddings", c_void_p),
        ("position_embeddings", c_void_p),
        ("embedding_norm", LayerNormStruct),
        ("position_bias", c_void_p),
        ("layer_count", c_int32),
        ("hidden_size", c_int32),
        ("heads", c_int32),
        ("intermediate_size", c_int32),
        ("max_positions", c_int32),
        ("instructions", c_int32),
        ("format", c_int32),
        ("attention_format", c_int32),
        ("activation", c_int32),
        ("use_tiles", c_int32),
        ("epsilon", c_float),
    )


class JobStruct(ctypes.Structure):
    """A batch of texts and the arrays of the results."""

    _fields_ = (
        ("token_ids", c_void_p),
        ("text_offsets", c_void_p),
        ("text_count", c_int64),
        ("next_text", c_int64),
        ("finished_texts", c_int64),
        ("stop", c_int32),
        ("pooling_count", c_int32),
        ("poolings", c_int32 * MAX_POOLINGS),
        ("skipped_tokens", c_int32),
        ("thread_count", c_int32),
        ("vectors", c_void_p),
        ("token_states", c_void_p),
    )
