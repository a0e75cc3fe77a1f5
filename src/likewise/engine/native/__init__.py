"""Kernels of our own for AVX-512 and AMX: many texts as one matrix, without padding."""

from likewise.engine.native.library import TILES, features, supported
from likewise.engine.native.runtime import NativeRuntime

__all__ = ["TILES", "NativeRuntime", "features", "supported"]
