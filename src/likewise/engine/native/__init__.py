"""Kernels of our own for processors with AVX-512: many texts as one matrix, without padding."""

from likewise.engine.native.library import features, supported
from likewise.engine.native.runtime import NativeRuntime

__all__ = ["NativeRuntime", "features", "supported"]
