"""Vectors of training texts by the original model, each text encoded once in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_records
from likewise.data.records import Record
from likewise.encoder import Encoder
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix


@dataclass(frozen=True)
class KnownVectors:
    """Encodes texts that it has not encoded yet; they are cached for other runs, too.

    Attributes:
        encoder: the original model.
        progress: shows the texts that are encoded.
    """

    encoder: Encoder
    progress: ProgressFactory = no_progress
    _found: dict[str, Matrix] = field(default_factory=dict, init=False, repr=False)

    def corpus(self, texts: Sequence[str]) -> EmbeddedCorpus:
        """The texts as a corpus.

        Raises:
            OutputError: the cache cannot be written.
        """
        records = [Record(text) for text in texts]
        corpus = embed_records(self.encoder, records, progress=self.progress)
        self._found.update(zip(texts, corpus.vectors, strict=True))
        return corpus

    def of(self, texts: Sequence[str]) -> Matrix:
        """Vectors of the texts: float32 `[n, dimension]`, of length 1.

        Raises:
            OutputError: the cache cannot be written.
        """
        missing = [text for text in dict.fromkeys(texts) if text not in self._found]
        if missing:
            self.corpus(missing)
        return np.stack([self._found[text] for text in texts])
