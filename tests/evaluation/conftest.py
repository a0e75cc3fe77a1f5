"""A fast model with predictable vectors."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest


class WordHashEncoder:
    """Sums a random vector per word, so that texts with common words are similar."""

    fingerprint = "wordhashes-1"
    name = "word-hashes"

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.encoded: list[str] = []

    def encode(self, sentences: list[str]) -> np.ndarray:
        self.encoded += sentences
        result = np.zeros((len(sentences), self.dimension), np.float32)
        for row, text in enumerate(sentences):
            for word in text.lower().split():
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
                result[row] += np.random.default_rng(seed).normal(size=self.dimension)
        norms: np.ndarray = np.linalg.norm(result, axis=1, keepdims=True)
        vectors: np.ndarray = result / np.maximum(norms, 1e-9)
        return vectors


@pytest.fixture
def model() -> WordHashEncoder:
    return WordHashEncoder()
