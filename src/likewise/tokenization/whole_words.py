"""The whole words of a vocabulary of word pieces."""

from __future__ import annotations

from collections.abc import Iterable

WORD_START = ("▁", "Ġ")
"""Marks of a piece that starts a word, in SentencePiece and in byte-level BPE."""
CONTINUATION = "##"
"""Mark of a piece inside a word, in WordPiece."""


def whole_words(pieces: Iterable[str]) -> frozenset[str]:
    """The pieces that are words of letters, in lower case, without the marks of pieces."""
    everything = list(pieces)
    started = {piece[1:] for piece in everything if piece.startswith(WORD_START)}
    words = started or {piece for piece in everything if not piece.startswith(CONTINUATION)}
    return frozenset(word.lower() for word in words if word.isalpha())
