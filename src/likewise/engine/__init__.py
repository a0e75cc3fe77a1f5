"""Token rows to vectors: the runtimes, the networks they run, and how texts are laid in batches."""

from likewise.engine.bindings import import_openvino

import_openvino()  # before any room of this floor does

from likewise.engine.runtimes import COMPUTES, DEVICES, load_runtime  # noqa: E402

__all__ = ["COMPUTES", "DEVICES", "load_runtime"]
