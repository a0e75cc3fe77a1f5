"""fastembed with the checkpoint as a custom model, in 256 tokens like the others.

https://qdrant.github.io/fastembed/ - `add_custom_model` and `specific_model_path`. Texts are
sorted by length first, which it leaves to its users.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.adapters import onnx
from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("fastembed", "onnxruntime")


def prepare(data: Path) -> None:
    """Nothing: it reads the files that `onnx` exports."""


def load(models: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """`TextEmbedding` with the plain or the quantized ONNX file."""
    import numpy as np
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    file = {"float32": "onnx/model.onnx", "int8": "onnx/model_qint8_avx512_vnni.onnx"}[preset]
    TextEmbedding.add_custom_model(
        model="all-MiniLM-L6-v2-256",
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(hf="sentence-transformers/all-MiniLM-L6-v2"),
        dim=384,
        model_file=file,
    )
    model = TextEmbedding("all-MiniLM-L6-v2-256", specific_model_path=str(onnx.folder()))

    def encode(texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.empty((len(texts), 384), np.float32)
        for index, vector in zip(order, model.embed([texts[i] for i in order]), strict=True):
            vectors[index] = vector
        return vectors

    return encode
