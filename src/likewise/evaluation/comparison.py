"""The similarity of two texts by every measure, and of their tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

if TYPE_CHECKING:
    from likewise.encoder import Encoder
    from likewise.results import TokenCount


UNKNOWN = ("[UNK]", "<unk>")
"""The unknown token in common vocabularies."""


@dataclass(frozen=True)
class UnknownTokens:
    """Tokens of texts that are not in the vocabulary of a model.

    Attributes:
        unknown: number of unknown tokens.
        total: number of tokens after truncation, without special tokens.
    """

    unknown: int
    total: int

    @property
    def most(self) -> bool:
        """Whether more than half are unknown, as in a language the model does not support."""
        return 2 * self.unknown > self.total


@dataclass(frozen=True)
class Comparison:
    """Two texts compared.

    Attributes:
        cosine: cosine similarity, -1 to 1.
        dot: dot product; equal to the cosine if the model normalizes its vectors.
        euclidean: Euclidean distance.
        manhattan: Manhattan distance.
        norm_a: norm of the first vector.
        norm_b: norm of the second vector.
        dimension: of both vectors.
        tokens_a: number of tokens of the first text, before and after truncation.
        tokens_b: the same for the second text.
    """

    cosine: float
    dot: float
    euclidean: float
    manhattan: float
    norm_a: float
    norm_b: float
    dimension: int
    tokens_a: TokenCount
    tokens_b: TokenCount

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain numbers and dictionaries, for JSON."""
        plain = dataclasses.asdict(self)
        for name in ("tokens_a", "tokens_b"):
            plain[name]["cut"] = getattr(self, name).cut
        return plain


@dataclass(frozen=True, eq=False)
class TokenSimilarity:
    """The similarity of each token of one text to each token of another.

    Attributes:
        tokens_a: tokens of the first text after truncation, without special tokens.
        tokens_b: the same for the second text.
        matrix: cosine of the last hidden states, float32 `[len(tokens_a), len(tokens_b)]`.
    """

    tokens_a: tuple[str, ...]
    tokens_b: tuple[str, ...]
    matrix: NDArray[np.float32]


def compare(encoder: Encoder, a: str, b: str) -> Comparison:
    """Compare two texts by every measure.

    Raises:
        TextError: one of them cannot be encoded.
    """
    pair = encoder.encode([a, b])
    lengths = vectors.norms(pair)
    tokens_a, tokens_b = encoder.count_tokens([a, b], exact=False)

    def value(measure: Any) -> float:
        return float(measure(pair[0], pair[1])[0, 0])

    return Comparison(
        cosine=value(vectors.cosine),
        dot=value(vectors.dot),
        euclidean=value(vectors.euclidean),
        manhattan=value(vectors.manhattan),
        norm_a=float(lengths[0]),
        norm_b=float(lengths[1]),
        dimension=int(pair.shape[1]),
        tokens_a=tokens_a,
        tokens_b=tokens_b,
    )


def unknown_tokens(encoder: Encoder, texts: Iterable[str]) -> UnknownTokens:
    """Count the tokens of texts that are not in the vocabulary of a model.

    Raises:
        TextError: one of them cannot be encoded.
    """
    tokens = [token for text in texts for token in _text_tokens(encoder, text)]
    return UnknownTokens(sum(token in UNKNOWN for token in tokens), len(tokens))


def compare_tokens(encoder: Encoder, a: str, b: str) -> TokenSimilarity:
    """Compare two texts token by token, without special tokens.

    Raises:
        TextError: one of them cannot be encoded.
    """
    texts = (a, b)
    states = encoder.token_embeddings(list(texts))
    not_special = [~encoder.special_tokens_mask(text) for text in texts]
    states = [state[mask] for state, mask in zip(states, not_special, strict=True)]
    tokens_a, tokens_b = (_text_tokens(encoder, text) for text in texts)
    if not tokens_a or not tokens_b:
        return TokenSimilarity(
            tokens_a, tokens_b, np.zeros((len(tokens_a), len(tokens_b)), np.float32)
        )
    return TokenSimilarity(tokens_a, tokens_b, vectors.cosine(*states))


def _text_tokens(encoder: Encoder, text: str) -> tuple[str, ...]:
    special = encoder.special_tokens_mask(text)
    return tuple(t for t, s in zip(encoder.tokens(text), special, strict=True) if not s)
