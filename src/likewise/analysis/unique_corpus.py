"""The distinct texts of a corpus, for kNN graphs.

In a graph of all texts, the neighbors of a frequent text would be its own copies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import write_rows
from likewise.errors import OutputError


@dataclass(frozen=True)
class UniqueCorpus:
    """The distinct texts of a corpus.

    Attributes:
        corpus: m records, the first one of each text.
        rows: int64 `[n]`, for each record of the corpus its index among the m.
    """

    corpus: EmbeddedCorpus
    rows: NDArray[np.int64]


def unique_corpus(corpus: EmbeddedCorpus) -> UniqueCorpus:
    """The distinct texts; their vectors are cached in the folder of the corpus."""
    numbers: dict[str, int] = {}
    rows = np.fromiter(
        (numbers.setdefault(record.text, len(numbers)) for record in corpus.records),
        np.int64,
        len(corpus),
    )
    if len(numbers) == len(corpus):
        return UniqueCorpus(corpus, rows)
    _, first = np.unique(rows, return_index=True)
    folder = corpus.folder / "distinct"
    cached = folder / "vectors.npy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}",
            hint="free some space, or choose another folder with LIKEWISE_CACHE",
        ) from error
    if not cached.exists():
        write_rows(cached, corpus.vectors, first)
    distinct = replace(
        corpus,
        records=[corpus.records[i] for i in first],
        vectors=np.load(cached, mmap_mode="r"),
        key=f"{corpus.key}-distinct",
        folder=folder,
    )
    return UniqueCorpus(distinct, rows)
