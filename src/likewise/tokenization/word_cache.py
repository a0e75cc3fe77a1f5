"""A cache of the tokens of words: BERT's tokenizer processes each word independently.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805: text is split at whitespace and around each
punctuation mark, then each word is split into entries of the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

import tokenizers

MAX_CHARACTERS = 250_000
"""Characters of the cached words, about 30,000 words and 8 MB, at which the cache is cleared."""

WORDS_PER_TEXT = 256
"""Number of new words that are tokenized as one text."""

_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9\s]")


def splits_into_words(backend: tokenizers.Tokenizer) -> bool:
    """Whether a tokenizer processes each word independently, as BERT's does."""
    return isinstance(backend.normalizer, tokenizers.normalizers.BertNormalizer) and isinstance(
        backend.pre_tokenizer, tokenizers.pre_tokenizers.BertPreTokenizer
    )


class WordTokenCache:
    """Token ids of ASCII texts, word by word; thread-safe.

    Args:
        backend: a tokenizer that `splits_into_words`.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        added = backend.get_added_tokens_decoder().values()
        initials = {char for t in added for char in (t.content[0].lower(), t.content[0].upper())}
        printable = {chr(code) for code in range(32, 127)} | set("\t\n\r")
        supported = re.escape("".join(sorted(printable - initials)))
        self._unsupported = re.compile(f"[^{supported}]")
        self._ids: dict[str, list[int]] = {}
        self._size = 0

    def supports(self, text: str) -> bool:
        """Whether a text is printable ASCII without the first character of an added token."""
        return self._unsupported.search(text) is None

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of supported texts, without special tokens."""
        if self._size > MAX_CHARACTERS:
            self._ids, self._size = {}, 0
        ids = self._ids  # another thread may replace it
        split = [_WORD.findall(text) for text in texts]
        if new := list(set(chain.from_iterable(split)).difference(ids)):
            ids.update(zip(new, self._tokenized(new), strict=True))
            self._size += sum(map(len, new))
        return [list(chain.from_iterable([ids[word] for word in words])) for words in split]

    def _tokenized(self, words: list[str]) -> Iterator[list[int]]:
        """Token ids of each word. Many words form one text, since each text has a fixed cost."""
        texts = [
            " ".join(words[i : i + WORDS_PER_TEXT]) for i in range(0, len(words), WORDS_PER_TEXT)
        ]
        for encoding in self._backend.encode_batch(texts, add_special_tokens=False):
            pairs = zip(encoding.word_ids, encoding.ids, strict=True)
            for _, group in groupby(pairs, itemgetter(0)):
                yield [token for _, token in group]
