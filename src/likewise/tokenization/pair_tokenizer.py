"""Pairs of texts to token rows, as cross-encoders read them: [CLS] one [SEP] the other [SEP]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import tokenizers

from likewise.checkpoint.config import Config, read_json
from likewise.checkpoint.pieces import PORTION
from likewise.tokenization.backend import read_backend, read_pad_id
from likewise.tokenization.tokenizer import TokenRows, check_text


class PairTokenizer:
    """The checkpoint's tokenizer for a text beside others.

    Where a pair is too long, its longer text loses tokens first, as in sentence-transformers.

    Attributes:
        max_tokens: tokens of a pair that are kept, special ones included.
        pad_id: the id of the padding token.
    """

    def __init__(
        self, backend: tokenizers.Tokenizer, max_tokens: int, *, pad_id: int, typed: bool
    ) -> None:
        self.max_tokens = max_tokens
        self.pad_id = pad_id
        self._typed = typed
        self._backend = backend
        backend.no_padding()
        backend.enable_truncation(max_tokens, strategy="longest_first")

    def rows(self, first: str, seconds: Sequence[str], first_index: int = 0) -> TokenRows:
        """One row for the first text beside each of the others.

        Args:
            first: a text.
            seconds: n texts.
            first_index: place of the first of these among all the caller has, for error messages.

        Raises:
            TextError: a text is no string, or holds a lone surrogate.
        """
        check_text(first, 0)
        for index, text in enumerate(seconds, first_index):
            check_text(text, index)
        # what lies beyond is cut in any case, and a token takes some 400 bytes until then
        pairs = [(first[:PORTION], text[:PORTION]) for text in seconds]
        encodings = self._backend.encode_batch_fast(pairs) if pairs else []
        lengths = np.array([len(encoding.ids) for encoding in encodings], np.int64)
        total = int(lengths.sum())
        token_ids = np.fromiter(chain.from_iterable(e.ids for e in encodings), np.int32, total)
        types = None
        if self._typed:
            flat = chain.from_iterable(e.type_ids for e in encodings)
            types = np.fromiter(flat, np.int32, total)
        return TokenRows(token_ids, lengths, lengths, token_types=types)


def read_pair_tokenizer(config: Config) -> PairTokenizer:
    """The tokenizer of a cross-encoder's checkpoint.

    Raises:
        DamagedFileError: it cannot be read.
    """
    settings = read_json(config.folder / "tokenizer_config.json", optional=True)
    backend = read_backend(config.folder, settings)
    pad_id = read_pad_id(config, settings, backend)
    return PairTokenizer(backend, config.max_tokens, pad_id=pad_id, typed=is_typed(config))


def is_typed(config: Config) -> bool:
    """Whether the network tells the two texts of a pair apart by the types of their tokens."""
    return config.model_type == "bert" and int(config.network.get("type_vocab_size", 2)) > 1
