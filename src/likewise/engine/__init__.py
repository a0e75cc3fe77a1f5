"""Token rows to vectors: the runtimes, the networks they run, and how texts are laid in batches."""

from likewise.engine.runtimes import COMPUTES, DEVICES, RUNTIMES, load_runtime

__all__ = ["COMPUTES", "DEVICES", "RUNTIMES", "load_runtime"]
