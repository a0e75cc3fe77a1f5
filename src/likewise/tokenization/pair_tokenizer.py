"""Pairs of texts to token rows, as cross-encoders read them: [CLS] first [SEP] second [SEP]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import tokenizers

from likewise.checkpoint.config import Config, read_json
from likewise.tokenization.backend import read_backend, read_pad_id
from likewise.tokenization.text_parts import BATCH_CHARACTERS
from likewise.tokenization.token_rows import TokenRows
from likewise.tokenization.valid_texts import check_text


class PairTokenizer:
    """The checkpoint's tokenizer, for pairs of texts.

    A pair that is too long loses tokens of its longer text first, as in sentence-transformers.

    Attributes:
        max_tokens: maximum number of tokens of a pair, special tokens included.
        pad_id: id of the padding token.
    """

    def __init__(
        self, backend: tokenizers.Tokenizer, max_tokens: int, *, pad_id: int, token_types: bool
    ) -> None:
        self.max_tokens = max_tokens
        self.pad_id = pad_id
        self._token_types = token_types
        self._backend = backend
        backend.no_padding()
        backend.enable_truncation(max_tokens, strategy="longest_first")

    def rows(self, first: str, seconds: Sequence[str], first_index: int = 0) -> TokenRows:
        """One row per pair of the first text and one of the others.

        Args:
            first: a text.
            seconds: n texts.
            first_index: index of `seconds[0]` among all of the caller's texts, for errors.

        Raises:
            TextError: a text is not a string, or contains a lone surrogate.
        """
        check_text(first, 0)
        for index, text in enumerate(seconds, first_index):
            check_text(text, index)
        # the rest would be truncated, and inside the tokenizer a token takes about 400 bytes
        pairs = [(first[:BATCH_CHARACTERS], text[:BATCH_CHARACTERS]) for text in seconds]
        encodings = self._backend.encode_batch_fast(pairs) if pairs else []
        lengths = np.array([len(encoding.ids) for encoding in encodings], np.int64)
        total = int(lengths.sum())
        token_ids = np.fromiter(chain.from_iterable(e.ids for e in encodings), np.int32, total)
        types = None
        if self._token_types:
            flat = chain.from_iterable(e.type_ids for e in encodings)
            types = np.fromiter(flat, np.int32, total)
        cut = [
            bool(e.overflowing) or len(t) > BATCH_CHARACTERS
            for e, t in zip(encodings, seconds, strict=True)
        ]
        partial = np.array(cut, bool) | (len(first) > BATCH_CHARACTERS)
        return TokenRows(token_ids, lengths, lengths, token_types=types, partial=partial)

    def shorten(self, text: str, tokens: int) -> str:
        """The beginning of a text.

        Args:
            text: a text.
            tokens: how many of its tokens stay.
        """
        encoding = self._backend.encode(text[:BATCH_CHARACTERS], add_special_tokens=False)
        return text[: encoding.offsets[tokens - 1][1]] if len(encoding.ids) > tokens else text


def read_pair_tokenizer(config: Config) -> PairTokenizer:
    """The tokenizer of a cross-encoder's checkpoint.

    Raises:
        DamagedFileError: it cannot be read.
    """
    settings = read_json(config.folder / "tokenizer_config.json", optional=True)
    backend = read_backend(config.folder, settings)
    pad_id = read_pad_id(config, settings, backend)
    return PairTokenizer(
        backend, config.max_tokens, pad_id=pad_id, token_types=has_token_types(config)
    )


def has_token_types(config: Config) -> bool:
    """Whether the network has token types, which distinguish the two texts of a pair."""
    return config.model_type == "bert" and int(config.network.get("type_vocab_size", 2)) > 1
