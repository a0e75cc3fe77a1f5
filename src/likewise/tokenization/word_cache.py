"""Words remembered: BERT's tokenizer reads each word by itself, so a word seen again is known.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805: text is split at blanks and around every
punctuation mark, then each word is taken apart into pieces of the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

import tokenizers

MEMORY = 250_000
"""Characters of words that are remembered, some 30,000 words and 8 MB; then it begins anew."""

TOGETHER = 256
"""New words that are tokenized as one text."""

_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9\s]")


def reads_words(backend: tokenizers.Tokenizer) -> bool:
    """Whether a tokenizer reads each word by itself, as BERT's own does."""
    parts = (backend.normalizer, backend.pre_tokenizer)
    kinds = (tokenizers.normalizers.BertNormalizer, tokenizers.pre_tokenizers.BertPreTokenizer)
    return all(isinstance(part, kind) for part, kind in zip(parts, kinds, strict=True))


class WordTokenCache:
    """Token ids of plain ASCII texts, word by word; safe to use from several threads.

    Args:
        backend: a tokenizer that `reads_words`.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        added = backend.get_added_tokens_decoder().values()
        marks = {mark for t in added for mark in (t.content[0].lower(), t.content[0].upper())}
        plain = {chr(code) for code in range(32, 127)} | set("\t\n\r")
        self._strange = re.compile(f"[^{re.escape(''.join(sorted(plain - marks)))}]")
        self._ids: dict[str, list[int]] = {}
        self._size = 0

    def plain(self, text: str) -> bool:
        """Whether a text can be read here: printable ASCII, and no special token in it."""
        return self._strange.search(text) is None

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of plain texts, without special tokens around them."""
        if self._size > MEMORY:
            self._ids, self._size = {}, 0
        ids = self._ids  # another thread may begin anew meanwhile
        split = [_WORD.findall(text) for text in texts]
        if new := list(set(chain.from_iterable(split)).difference(ids)):
            ids.update(zip(new, self._tokenized(new), strict=True))
            self._size += sum(map(len, new))
        return [list(chain.from_iterable([ids[word] for word in words])) for words in split]

    def _tokenized(self, words: list[str]) -> Iterator[list[int]]:
        """Token ids of each word; many go in as one text, since every text has its cost."""
        texts = [" ".join(words[i : i + TOGETHER]) for i in range(0, len(words), TOGETHER)]
        for encoding in self._backend.encode_batch(texts, add_special_tokens=False):
            pairs = zip(encoding.word_ids, encoding.ids, strict=True)
            for _, pieces in groupby(pairs, itemgetter(0)):
                yield [token for _, token in pieces]
