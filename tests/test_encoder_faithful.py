"""The vectors are those of sentence-transformers on the same files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise import Encoder


def cosines(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    a, b = a.astype(np.float64), b.astype(np.float64)
    found: NDArray[np.float64]
    found = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return found


def test_the_texts_are_varied(oracle: Any, varied_texts: list[str]) -> None:
    lengths = [len(ids) for ids in oracle.tokenizer(varied_texts)["input_ids"]]
    assert len(varied_texts) == 500
    assert min(lengths) == 2
    assert sum(length > 256 for length in lengths) >= 15
    assert np.histogram(lengths, (2, 8, 16, 32, 64, 128, 256, 1e9))[0].min() >= 15
    for script in "LATIN", "CJK", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "CYRILLIC", "HANGUL":
        assert sum(_has(text, script) for text in varied_texts) >= 15, script


def _has(text: str, script: str) -> bool:
    import unicodedata

    return any(unicodedata.name(character, "").startswith(script) for character in text)


def test_token_ids_are_those_of_transformers(
    oracle: Any, encoder: Encoder, varied_texts: list[str]
) -> None:
    expected = oracle.tokenizer(varied_texts, truncation=True, max_length=256)["input_ids"]
    found = encoder.tokenize(varied_texts)
    for index, ids in enumerate(expected):
        mask = found["attention_mask"][index].astype(bool)
        assert found["input_ids"][index][mask].tolist() == ids, varied_texts[index]


def test_float32_is_the_oracle(
    encoder: Encoder, varied_texts: list[str], oracle_vectors: NDArray[np.float32]
) -> None:
    found = encoder.encode(varied_texts)
    assert found.dtype == np.float32
    assert cosines(found, oracle_vectors).min() >= 0.99999
    assert np.abs(found - oracle_vectors).max() <= 1e-4


def test_bfloat16_is_near_the_oracle(
    encoder_bfloat16: Encoder, varied_texts: list[str], oracle_vectors: NDArray[np.float32]
) -> None:
    near = cosines(encoder_bfloat16.encode(varied_texts), oracle_vectors)
    assert near.min() >= 0.9998
    assert near.mean() >= 0.9999
