"""Token rows to vectors: the runtimes, their networks, and the packing of texts into batches."""

from likewise.engine.runtimes import COMPUTES, DEVICES, RUNTIMES, load_runtime

__all__ = ["COMPUTES", "DEVICES", "RUNTIMES", "load_runtime"]
