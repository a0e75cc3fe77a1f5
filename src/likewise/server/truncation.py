"""Texts without their beginning, for clients that prefer the end of a long text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder

SEARCHED = 16
"""Tokens within which a word must begin; else a text begins inside a word."""


class Endings(NamedTuple):
    """The ends of texts.

    Attributes:
        texts: at most as long as the model reads.
        dropped: int64 `[n]`, tokens that are missing before them.
    """

    texts: list[str]
    dropped: NDArray[np.int64]


def keep_end(encoder: Encoder, prefix: str, texts: Sequence[str]) -> Endings:
    """Drop the beginning of texts that are over the model's limit.

    Args:
        encoder: the model.
        prefix: the prompt before each text.
        texts: any valid texts.
    """
    room = max(1, encoder.max_seq_length - encoder.count_tokens(prefix)[0].seen)
    kept, dropped = list(texts), np.zeros(len(texts), np.int64)
    for index, spans in enumerate(encoder.token_spans(texts)):
        excess = len(spans) - room
        if excess <= 0:
            continue
        text = texts[index]
        starts = spans[excess : excess + SEARCHED, 0].tolist()
        word = next((n for n, start in enumerate(starts) if text[start - 1].isspace()), 0)
        kept[index], dropped[index] = text[starts[word] :], excess + word
    return Endings(kept, dropped)


def keep_start(encoder: Encoder, texts: Sequence[str], tokens: int) -> list[str]:
    """The first tokens of texts.

    Args:
        encoder: the model.
        texts: any valid texts.
        tokens: how many tokens of a text stay.
    """
    return [
        text[: spans[tokens - 1, 1]] if len(spans) > tokens else text
        for text, spans in zip(texts, encoder.token_spans(texts), strict=True)
    ]
