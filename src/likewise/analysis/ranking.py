"""Ranks records by their similarity to a query; their vectors are cached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.analysis.embedded_corpus import embed_records
from likewise.analysis.memmap import in_blocks
from likewise.data.records import Record
from likewise.finite import check_finite
from likewise.progress import ProgressFactory, no_progress
from likewise.results import Ranked

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder

CACHED = 256
"""Fewest records whose vectors are cached."""


def rank_records(
    encoder: Encoder,
    query: str,
    records: Sequence[Record],
    top_k: int | None = None,
    *,
    progress: ProgressFactory = no_progress,
) -> list[Ranked]:
    """Rank the texts of records, as `Encoder.rank` does; the vectors of many records are cached.

    Args:
        encoder: the model.
        query: the query.
        records: the candidates.
        top_k: number of results; all records when not given.
        progress: opens a bar for each stage.

    Raises:
        EngineError: a score is not a finite number.
        OutputError: the cache cannot be written.
    """
    role = encoder.role_prompt("document")
    if len(records) < CACHED:
        texts = [record.text for record in records]
        with progress(len(records), title="encoding") as advance:
            candidates = encoder.encode(texts, prompt_name=role, progress=advance)
        scores = query_scores(encoder, query, [candidates])
    else:
        corpus = embed_records(
            encoder, records, prompt_name=role,
            unit_length=encoder.similarity_fn_name == "cosine", progress=progress,
        )  # fmt: skip
        blocks = (block.vectors for block in in_blocks(corpus.vectors))
        scores = query_scores(encoder, query, blocks)
    best = vectors.top_k(scores, len(records) if top_k is None else top_k)
    return [
        Ranked(int(i), float(s), records[i].text)
        for i, s in zip(best.indices[0], best.scores[0], strict=True)
    ]


def query_scores(
    encoder: Encoder, query: str, blocks: Iterable[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The similarities of candidates to a query.

    Args:
        encoder: the model.
        query: the query.
        blocks: vectors of the candidates, float32 `[k, dimension]` each.

    Returns:
        float32 `[n]`, for all vectors in order.

    Raises:
        EngineError: a score is not a finite number.
    """
    vector = encoder.encode_query(query)
    measure = encoder.similarity_fn_name
    scores = np.concatenate([vectors.similarity(vector, block, measure)[0] for block in blocks])
    check_finite(scores, encoder.name)
    return scores
