"""sentence-transformers on torch; presets are torch's number formats.

https://sbert.net/docs/sentence_transformer/usage/efficiency.html
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.adapters import checkpoint
from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("sentence-transformers", "transformers", "torch")


def prepare(data: Path) -> None:
    """Nothing: it reads the checkpoint."""


def load(models: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """The bundled checkpoint with `dtype`; its own default where that is float32."""
    return open_folder(checkpoint.folder(), preset)


def open_folder(folder: Path, preset: str) -> Encode:
    """`SentenceTransformer` with `dtype`; its own default where that is float32."""
    from sentence_transformers import SentenceTransformer

    model_kwargs = None if preset == "float32" else {"dtype": preset}
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs=model_kwargs)
    return model.encode
