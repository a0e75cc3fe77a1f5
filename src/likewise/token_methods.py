"""What an `Encoder` can say of tokens: their spelling, number, ids and places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from likewise.engine.contract import Runtime
from likewise.errors import InputError
from likewise.progress import Advance
from likewise.results import Token, TokenCount
from likewise.signatures import Text, Texts
from likewise.texts import is_single, listed
from likewise.tokenization.tokenizer import Tokenizer
from likewise.tokenization.valid_texts import check_text


class TokenMethods:
    """Methods that tokenize texts."""

    _tokenizer: Tokenizer
    _runtime: Runtime

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens of the vocabulary."""
        return self._tokenizer.vocabulary_size

    def encode_tokens(
        self, token_ids: Sequence[Sequence[int]], progress: Advance | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts given as token ids: float32 `[n, dimension]`.

        Args:
            token_ids: of each text, without special tokens, which are put around them.
            progress: called with the number of texts that were just finished.

        Raises:
            InputError: an id is not in the vocabulary.
        """
        size = self.vocabulary_size
        if wrong := [t for row in token_ids for t in row if not 0 <= t < size]:
            raise InputError(
                f"token id {wrong[0]} is not in the vocabulary", hint=f"ids are 0 to {size - 1}"
            )
        return self._runtime.embed(self._tokenizer.rows_of_ids(token_ids), progress)

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text as spelled in the vocabulary, after truncation."""
        check_text(text, 0)
        return self._tokenizer.tokens(text)

    def special_tokens_mask(self, text: str) -> NDArray[np.bool_]:
        """Which of `tokens` are special tokens around the text: bool `[tokens]`."""
        check_text(text, 0)
        return self._tokenizer.special_tokens_mask(text)

    def count_tokens(self, sentences: Text | Texts, *, exact: bool = True) -> list[TokenCount]:
        """The number of tokens of each text, before and after truncation.

        Args:
            sentences: a text, or texts.
            exact: count all tokens. If not, the count of a text of more than 20,000 characters may
                stop above the maximum length.
        """
        texts = listed([sentences] if is_single(sentences) else sentences)
        rows = self._tokenizer.rows(texts, exact=exact)
        partial = np.zeros(len(texts), bool) if rows.partial is None else rows.partial
        return [
            TokenCount(int(seen), int(kept), not is_partial)
            for seen, kept, is_partial in zip(rows.seen, rows.lengths, partial, strict=True)
        ]

    def describe_tokens(self, text: str) -> list[Token]:
        """Every token of a text, special tokens included, without truncation."""
        return self._tokenizer.describe(text)

    def decode_tokens(
        self, token_ids: Sequence[int], *, skip_special_tokens: bool | None = None
    ) -> str:
        """The text of token ids.

        Args:
            token_ids: ids of the model's vocabulary.
            skip_special_tokens: leave out every special token, or none; if not given, only those
                around the text.

        Raises:
            InputError: an id is not in the vocabulary.
        """
        return self._tokenizer.decode(token_ids, skip_special_tokens=skip_special_tokens)

    def has_special_tokens(self, token_ids: Sequence[int]) -> bool:
        """Whether token ids begin and end with the special tokens of the model."""
        return self._tokenizer.has_special_tokens(token_ids)

    def token_ids(self, text: str) -> list[int]:
        """Token ids of a text after truncation, special tokens included."""
        check_text(text, 0)
        return [int(each) for each in self._tokenizer.rows([text], exact=False).token_ids]

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Start and end of each token in its text: one int64 `[tokens, 2]` per text.

        Without special tokens and truncation.
        """
        return self._tokenizer.spans(listed(texts))
