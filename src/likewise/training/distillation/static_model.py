"""Writes a table of token vectors as a checkpoint of sentence-transformers and model2vec."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from likewise.checkpoint.config import STATIC, Config, read_json
from likewise.encoder import Encoder
from likewise.errors import InputError
from likewise.extras import require
from likewise.progress import Progress, ProgressFactory, no_progress
from likewise.tokenization.backend import read_backend
from likewise.training.distillation.static_table import (
    ITERATIONS,
    RIDGE,
    SECOND_RIDGE,
    SIF,
    fit_table,
    frequency_weights,
    mean_matrix,
    principal_directions,
    rank_weights,
    token_vectors,
    with_lengths,
)

BATCH_TEXTS = 10_000
"""Texts that are tokenized together."""


@dataclass(frozen=True)
class StaticTable:
    """A table of token vectors.

    Attributes:
        vectors: float32 `[vocabulary, dimension]`.
        tokenizer: gives the rows of a text.
        fitted: number of texts that it was fitted to; 0 for the table before the fit.
    """

    vectors: NDArray[np.float32]
    tokenizer: tokenizers.Tokenizer
    fitted: int

    @property
    def dimension(self) -> int:
        """Number of dimensions."""
        return int(self.vectors.shape[1])


def distill_static(
    teacher: Encoder,
    texts: Sequence[str] = (),
    targets: NDArray[np.float32] | None = None,
    *,
    dimension: int | None = None,
    ridge: float = RIDGE,
    progress: ProgressFactory = no_progress,
) -> StaticTable:
    """A table whose mean of token vectors is near to the vectors of a model.

    Args:
        teacher: the model.
        texts: of the kind that it will read; none for the table before the fit.
        targets: the teacher's vectors of the texts, float32 `[texts, d]`.
        dimension: number of dimensions; the teacher's when not given.
        ridge: pull of each token towards its first vector.
        progress: opens a bar for each stage.

    Raises:
        InputError: the teacher is a table, or has fewer dimensions.
        MissingExtraError: the extra `train` is not installed.
    """
    if teacher.config.model_type == STATIC:
        raise InputError(
            f"{teacher.name} is a table already", hint="distill a model with a network"
        )
    if dimension is not None and not 1 <= dimension <= teacher.dimension:
        raise InputError(
            f"{teacher.name} has {teacher.dimension} dimensions, not {dimension}",
            hint=f"choose between 1 and {teacher.dimension}",
        )
    tokenizer = static_tokenizer(teacher.config)
    size = teacher.vocabulary_size
    with progress(size, title="token vectors", unit="tokens") as bar:
        first = token_vectors(teacher, bar)
    first -= first.mean(axis=0)  # what all tokens have in common does not tell texts apart
    rows = _rows(tokenizer, texts, teacher.max_seq_length) if len(texts) else []
    counts = np.bincount(
        np.concatenate([np.array(row, np.int64) for row in rows] or [np.empty(0, np.int64)]),
        minlength=size,
    )
    weights = frequency_weights(counts) if counts.any() else rank_weights(size)
    first *= weights[:, np.newaxis]
    basis = first if targets is None else targets
    if dimension is not None and dimension < teacher.dimension:
        directions = principal_directions(np.asarray(basis, np.float32), dimension)
        first = first @ directions
        targets = None if targets is None else targets @ directions
    if targets is None or not rows:
        return StaticTable(first, tokenizer, 0)
    means = mean_matrix(rows, size)
    with progress(2 * ITERATIONS, title="fitting", unit="iterations") as bar:
        table = fit_table(first, means, targets, ridge=ridge, progress=bar)
        scaled = with_lengths(means, table, targets)
        table = fit_table(table, scaled, targets, ridge=SECOND_RIDGE, progress=bar)
    return StaticTable(table, tokenizer, len(rows))


def write_static(table: StaticTable, folder: Path, teacher: Encoder) -> None:
    """Write a table as a folder that sentence-transformers, model2vec and `likewise.load` read.

    Args:
        table: the table.
        folder: an existing folder.
        teacher: the model that it is made from.
    """
    save_file: Any = require("safetensors.numpy", "train").save_file
    save_file({"embeddings": table.vectors}, folder / "model.safetensors", {"format": "pt"})
    table.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Normalize").mkdir(exist_ok=True)
    kind = "sentence_transformers.models"
    modules = [
        {"idx": 0, "name": "0", "path": ".", "type": f"{kind}.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{kind}.Normalize"},
    ]
    config = {
        "model_type": "model2vec", "architectures": ["StaticModel"],
        "tokenizer_name": teacher.name, "apply_pca": table.dimension, "sif_coefficient": SIF,
        "hidden_dim": table.dimension, "seq_length": 1_000_000, "normalize": True,
    }  # fmt: skip
    for name, content in (("modules.json", modules), ("config.json", config)):
        text = json.dumps(content, indent=2)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def static_tokenizer(config: Config) -> tokenizers.Tokenizer:
    """The tokenizer of a checkpoint, without special tokens, truncation and padding."""
    settings = read_json(config.folder / "tokenizer_config.json", optional=True)
    backend = read_backend(config.folder, settings)
    backend.no_truncation()
    backend.no_padding()
    backend.post_processor = tokenizers.processors.TemplateProcessing(single="$A", pair="$A $B")
    if config.lowercase:
        steps = [tokenizers.normalizers.Lowercase()]
        steps += [backend.normalizer] if backend.normalizer else []
        backend.normalizer = tokenizers.normalizers.Sequence(steps)
    return backend


def _rows(
    tokenizer: tokenizers.Tokenizer, texts: Sequence[str], max_tokens: int
) -> list[list[int]]:
    """Token ids of texts, as far as the teacher has read them."""
    found: list[list[int]] = []
    bar = Progress()
    for start in range(0, len(texts), BATCH_TEXTS):
        part = list(texts[start : start + BATCH_TEXTS])
        found += [
            each.ids[:max_tokens] for each in tokenizer.encode_batch(part, add_special_tokens=False)
        ]
        bar(len(part))
    return found
