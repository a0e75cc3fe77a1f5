"""The kernels' structures as ctypes sees them; `kernels/network.hpp` tells what the fields mean."""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int32, c_int64, c_void_p

POOLINGS = ("mean", "mean_sqrt_len_tokens", "weightedmean", "cls", "lasttoken", "max")
ACTIVATIONS = {"gelu": 0, "gelu_new": 1, "gelu_pytorch_tanh": 1, "relu": 2}
MOST_POOLINGS = 8


class LinearStruct(ctypes.Structure):
    """A linear layer, packed."""

    _fields_ = (
        ("weight", c_void_p),
        ("scale", c_void_p),
        ("sum", c_void_p),
        ("bias", c_void_p),
        ("inner", c_int32),
        ("outer", c_int32),
    )


class NormStruct(ctypes.Structure):
    """A layer normalisation."""

    _fields_ = (("weight", c_void_p), ("bias", c_void_p))


class LayerStruct(ctypes.Structure):
    """One layer."""

    _fields_ = (
        ("stacked", LinearStruct),
        ("attended", LinearStruct),
        ("inner", LinearStruct),
        ("outer", LinearStruct),
        ("attention_norm", NormStruct),
        ("output_norm", NormStruct),
    )


class NetworkStruct(ctypes.Structure):
    """Embeddings and layers."""

    _fields_ = (
        ("layers", ctypes.POINTER(LayerStruct)),
        ("words", c_void_p),
        ("places", c_void_p),
        ("norm", NormStruct),
        ("relative", c_void_p),
        ("layer_count", c_int32),
        ("hidden", c_int32),
        ("heads", c_int32),
        ("wide", c_int32),
        ("reach", c_int32),
        ("format", c_int32),
        ("attention", c_int32),
        ("activation", c_int32),
        ("tiles", c_int32),
        ("epsilon", c_float),
    )


class JobStruct(ctypes.Structure):
    """Texts, and where their vectors go."""

    _fields_ = (
        ("token_ids", c_void_p),
        ("starts", c_void_p),
        ("texts", c_int64),
        ("next", c_int64),
        ("done", c_int64),
        ("stop", c_int32),
        ("pooling", c_int32),
        ("poolings", c_int32 * MOST_POOLINGS),
        ("skipped", c_int32),
        ("threads", c_int32),
        ("vectors", c_void_p),
        ("states", c_void_p),
    )
