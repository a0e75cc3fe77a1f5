"""CTranslate2's encoder with mean pooling; presets are compute types.

https://opennmt.net/CTranslate2/guides/transformers.html (BERT). Texts are sorted by length first.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.adapters import checkpoint
from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("ctranslate2", "tokenizers")
BATCH = 32


def prepare(data: Path) -> None:  # noqa: ARG001 - one shape for all adapters
    """Convert the checkpoint once; the compute type is chosen on loading."""
    from ctranslate2.converters import TransformersConverter

    from benchmarks.environments import environment

    target = environment("peers").models / "ctranslate2"
    TransformersConverter(str(checkpoint.folder())).convert(str(target), force=True)


def load(models: Path, preset: str) -> Encode:
    """`Encoder.forward_batch`, then the mean over tokens, then unit length."""
    import ctranslate2
    import numpy as np
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(checkpoint.folder() / "tokenizer.json"))
    tokenizer.enable_truncation(checkpoint.MAX_TOKENS)
    tokenizer.no_padding()
    model = ctranslate2.Encoder(str(models / "ctranslate2"), compute_type=preset)

    def encode(texts: list[str]) -> np.ndarray:
        rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = [rows[i] for i in chosen]
            hidden = np.array(model.forward_batch(batch).last_hidden_state)
            lengths = np.array([len(row) for row in batch])[:, None]
            mask = np.arange(hidden.shape[1]) < lengths
            vectors[chosen] = (hidden * mask[:, :, None]).sum(1) / lengths
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    return encode
