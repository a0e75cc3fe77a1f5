"""sentence-transformers on ONNX Runtime, dynamically quantized for this kind of processor.

https://sbert.net/docs/sentence_transformer/usage/efficiency.html
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.adapters import checkpoint
from benchmarks.adapters.checkpoint import Encode
from benchmarks.environments import environment

PACKAGES = ("sentence-transformers", "transformers", "optimum-onnx", "onnxruntime")
PROVIDER = {"provider": "CPUExecutionProvider"}


def folder() -> Path:
    """Folder of the exported model: `onnx/model.onnx` and `onnx/model_qint8_avx512_vnni.onnx`."""
    return environment("onnx").models / "onnx"


def prepare(data: Path) -> None:  # noqa: ARG001 - one shape for all adapters
    """Export the checkpoint in float32 and in int8."""
    from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model

    target = checkpoint.copied(folder())
    model = SentenceTransformer(str(target), backend="onnx", model_kwargs=PROVIDER)
    model.save_pretrained(str(target))
    export_dynamic_quantized_onnx_model(model, "avx512_vnni", str(target))
    # fastembed reads its limit here, sentence-transformers in sentence_bert_config.json
    path = target / "tokenizer_config.json"
    limits = {"model_max_length": checkpoint.MAX_TOKENS, "max_length": checkpoint.MAX_TOKENS}
    path.write_text(json.dumps(json.loads(path.read_text()) | limits, indent=1))


def load(models: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """`SentenceTransformer` with `backend="onnx"` and the quantized file."""
    from sentence_transformers import SentenceTransformer

    file = {"float32": "onnx/model.onnx", "int8": "onnx/model_qint8_avx512_vnni.onnx"}[preset]
    options = PROVIDER | {"file_name": file}
    return SentenceTransformer(str(folder()), backend="onnx", model_kwargs=options).encode
