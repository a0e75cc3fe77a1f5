"""Native kernels for AVX2, AVX-512 and AMX: many texts as one matrix, without padding."""

from likewise.engine.native.library import TILES, features, supported, unavailable
from likewise.engine.native.runtime import NativeRuntime, refusal
from likewise.engine.native.timing import attention_format, network_format

__all__ = [
    "TILES",
    "NativeRuntime",
    "attention_format",
    "features",
    "network_format",
    "refusal",
    "supported",
    "unavailable",
]
