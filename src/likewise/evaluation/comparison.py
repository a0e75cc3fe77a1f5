"""How alike two texts are, by every measure, and which tokens make them so."""

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
"""How vocabularies write a token that they do not know."""


@dataclass(frozen=True)
class UnknownTokens:
    """How much of some texts a model's vocabulary does not know.

    Attributes:
        unknown: tokens it does not know.
        total: tokens of the texts, as far as they are read, special ones left out.
    """

    unknown: int
    total: int

    @property
    def most(self) -> bool:
        """Whether more than half are unknown: the texts are in no language of the model."""
        return 2 * self.unknown > self.total


@dataclass(frozen=True)
class Comparison:
    """Two texts compared.

    Attributes:
        cosine: cosine similarity, in [-1, 1]; 1 is the same direction.
        dot: dot product; the cosine where the model gives vectors of length 1.
        euclidean: Euclidean distance; 0 is the same vector.
        manhattan: sum of absolute differences; 0 is the same vector.
        norm_a: length of the first vector.
        norm_b: length of the second vector.
        dimension: dimensions of both.
        tokens_a: how many tokens the first text has, and how many were read.
        tokens_b: the same of the second.
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
        """All of it as plain numbers and dictionaries, for JSON."""
        plain = dataclasses.asdict(self)
        for name in ("tokens_a", "tokens_b"):
            plain[name]["cut"] = getattr(self, name).cut
        return plain


@dataclass(frozen=True, eq=False)
class TokenSimilarity:
    """What drives the score of two texts.

    Attributes:
        tokens_a: the first text's own tokens, as far as they are read.
        tokens_b: the second's.
        matrix: cosine of every token state of the first text with every one of the second:
            float32 `[len(tokens_a), len(tokens_b)]`.
    """

    tokens_a: tuple[str, ...]
    tokens_b: tuple[str, ...]
    matrix: NDArray[np.float32]


def compare(encoder: Encoder, a: str, b: str) -> Comparison:
    """Compare two texts.

    Raises:
        TextError: one of them cannot be encoded.
    """
    pair = encoder.encode([a, b])
    lengths = vectors.norms(pair)
    tokens_a, tokens_b = encoder.count_tokens([a, b], exact=False)

    def only(measure: Any) -> float:
        return float(measure(pair[0], pair[1])[0, 0])

    return Comparison(
        cosine=only(vectors.cosine),
        dot=only(vectors.dot),
        euclidean=only(vectors.euclidean),
        manhattan=only(vectors.manhattan),
        norm_a=float(lengths[0]),
        norm_b=float(lengths[1]),
        dimension=int(pair.shape[1]),
        tokens_a=tokens_a,
        tokens_b=tokens_b,
    )


def unknown_tokens(encoder: Encoder, texts: Iterable[str]) -> UnknownTokens:
    """Count what the model's vocabulary does not know of texts.

    Raises:
        TextError: one of them cannot be encoded.
    """
    own = [token for text in texts for token in _own_tokens(encoder, text)]
    return UnknownTokens(sum(token in UNKNOWN for token in own), len(own))


def compare_tokens(encoder: Encoder, a: str, b: str) -> TokenSimilarity:
    """Compare two texts token by token; the special tokens around them are left out.

    Raises:
        TextError: one of them cannot be encoded.
    """
    texts = (a, b)
    states = encoder.token_embeddings(list(texts))
    own = [~encoder.special_tokens_mask(text) for text in texts]
    kept = [state[mask] for state, mask in zip(states, own, strict=True)]
    tokens_a, tokens_b = (_own_tokens(encoder, text) for text in texts)
    if not tokens_a or not tokens_b:
        return TokenSimilarity(
            tokens_a, tokens_b, np.zeros((len(tokens_a), len(tokens_b)), np.float32)
        )
    return TokenSimilarity(tokens_a, tokens_b, vectors.cosine(*kept))


def _own_tokens(encoder: Encoder, text: str) -> tuple[str, ...]:
    special = encoder.special_tokens_mask(text)
    return tuple(t for t, s in zip(encoder.tokens(text), special, strict=True) if not s)
