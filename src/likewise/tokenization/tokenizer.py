"""Texts to token rows, with the tokenizer of a checkpoint and its maximum length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice, repeat
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from likewise.checkpoint.config import STATIC, Config, read_json
from likewise.errors import InputError, TextError
from likewise.results import Token
from likewise.tokenization.backend import read_backend, read_pad_id
from likewise.tokenization.safe_prefixes import SafePrefixes
from likewise.tokenization.text_parts import (
    BATCH_CHARACTERS,
    PART_CHARACTERS,
    batches,
    bounded_parts,
    parts_at_whitespace,
)
from likewise.tokenization.token_rows import TokenRows
from likewise.tokenization.valid_texts import check_text, check_texts
from likewise.tokenization.whole_words import whole_words
from likewise.tokenization.word_cache import WordTokenCache, splits_into_words


@dataclass(frozen=True)
class _TruncatedText:
    """Token ids of one text after truncation, and their number before it."""

    token_ids: list[int]
    seen: int


class Tokenizer:
    """The tokenizer of a checkpoint, without its own truncation and padding.

    Attributes:
        max_tokens: maximum number of tokens of a text, special tokens included.
        pad_id: id of the padding token.
    """

    def __init__(
        self, backend: tokenizers.Tokenizer, max_tokens: int, *, pad_id: int, lowercase: bool
    ) -> None:
        self._backend = backend
        self._lowercase = lowercase
        self.max_tokens = max_tokens
        self.pad_id = pad_id
        backend.no_padding()
        backend.no_truncation()
        sample = backend.encode("a")
        inner = [i for i, special in enumerate(sample.special_tokens_mask) if not special] or [0]
        self._leading, self._trailing = sample.ids[: inner[0]], sample.ids[inner[-1] + 1 :]
        self._word_cache = WordTokenCache(backend) if splits_into_words(backend) else None

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return int(self._backend.get_vocab_size())

    @cached_property
    def whole_words(self) -> frozenset[str]:
        """The words that are one token each, in lower case."""
        return whole_words(self._backend.get_vocab())

    def rows(
        self,
        texts: Sequence[str],
        first_index: int = 0,
        *,
        truncate: bool = True,
        exact: bool = True,
    ) -> TokenRows:
        """Tokenize texts. A text over `max_tokens` loses its last tokens, except special tokens.

        Args:
            texts: any strings.
            first_index: index of `texts[0]` among all of the caller's texts, for errors.
            truncate: whether texts are truncated to `max_tokens`.
            exact: whether `seen` is exact. If not, only a prefix of a text of more than
                `PART_CHARACTERS` characters is tokenized: the same tokens in much less time.

        Raises:
            TextError: a text is not a string, or contains a lone surrogate.
        """
        limit = self.max_tokens if truncate else None
        check_texts(texts, first_index)
        if exact or limit is None:
            kept, seen = self._tokenize(texts, first_index, limit)
            partial = None
        else:
            kept, seen, partial = self._tokenize_prefixes(texts, first_index, limit)
        lengths = np.fromiter((len(ids) for ids in kept), np.int64, len(kept))
        flat = np.fromiter(chain.from_iterable(kept), np.int32, int(lengths.sum()))
        return TokenRows(flat, lengths, np.array(seen, np.int64), partial=partial)

    def rows_of_ids(self, token_ids: Sequence[Sequence[int]]) -> TokenRows:
        """Token ids without special tokens as `rows` gives them: with them, and truncated."""
        wrapped = [[*self._leading, *ids, *self._trailing] for ids in token_ids]
        kept = [self._truncated(ids) if len(ids) > self.max_tokens else ids for ids in wrapped]
        lengths = np.fromiter(map(len, kept), np.int64, len(kept))
        flat = np.fromiter(chain.from_iterable(kept), np.int32, int(lengths.sum()))
        return TokenRows(flat, lengths, np.array([len(ids) for ids in wrapped], np.int64))

    def _tokenize(
        self, texts: Sequence[str], first_index: int, limit: int | None
    ) -> tuple[list[list[int]], list[int]]:
        """Token ids of each text after truncation, and their number before it."""
        kept: list[list[int]] = []
        seen: list[int] = []
        for start, batch in batches(texts):
            if len(batch) == 1 and len(batch[0]) > BATCH_CHARACTERS:
                text = self._tokenize_in_parts(batch[0], first_index + start, limit)
                kept.append(text.token_ids)
                seen.append(text.seen)
                continue
            for ids in self._token_ids(batch, first_index + start):
                seen.append(len(ids))
                kept.append(self._truncated(ids) if limit and len(ids) > limit else ids)
        return kept, seen

    def _tokenize_prefixes(
        self, texts: Sequence[str], first_index: int, limit: int
    ) -> tuple[list[list[int]], list[int], NDArray[np.bool_] | None]:
        """Like `_tokenize`, but of long texts only a prefix; also returns which ones these are."""
        long = [i for i, text in enumerate(texts) if len(text) > self._prefix_size]
        if not long:
            return *self._tokenize(texts, first_index, limit), None
        prefixes = {i: self._prefixes(texts[i], first_index + i) for i in long}
        current = list(texts)
        for i in long:
            current[i] = next(prefixes[i])
        kept, seen = self._tokenize(current, first_index, limit)
        partial = np.zeros(len(texts), bool)
        for i in long:
            while seen[i] <= limit and (longer := next(prefixes[i], None)) is not None:
                (kept[i],), (seen[i],) = self._tokenize([longer], first_index + i, limit)
                current[i] = longer
            partial[i] = len(current[i]) < len(texts[i])
        return kept, seen, partial

    @property
    def _prefix_size(self) -> int:
        """Characters of a prefix that nearly always has more than `max_tokens` tokens."""
        return max(PART_CHARACTERS, 16 * self.max_tokens)

    @cached_property
    def _safe_prefixes(self) -> SafePrefixes:
        return SafePrefixes(self._backend)

    def _prefixes(self, text: str, index: int) -> Iterator[str]:
        """Prefixes of increasing length of a long text; the last is the whole text."""
        check_text(text, index)
        # whole, since the lower case of a Greek sigma depends on what follows it
        lowered = text.lower() if self._lowercase else text
        for prefix in self._safe_prefixes.of(lowered, self._prefix_size):
            yield text if len(prefix) == len(lowered) else prefix

    def chunks(
        self, row: NDArray[np.int32], *, overlap: int, prompt_tokens: int = 0
    ) -> list[NDArray[np.int32]]:
        """Split a row into overlapping rows of at most `max_tokens`.

        Each has the special tokens and the prompt.

        Args:
            row: int32 `[length]`, a text without truncation.
            overlap: number of tokens that consecutive rows have in common.
            prompt_tokens: number of tokens at the start that belong to the prompt.

        Raises:
            InputError: the prompt alone fills a row.
        """
        if len(row) <= self.max_tokens:
            return [row]
        head = max(prompt_tokens, len(self._leading))
        inner = row[head : len(row) - len(self._trailing)]
        size = self.max_tokens - head - len(self._trailing)
        if size < 1:
            raise InputError(
                f"the prompt takes all {self.max_tokens} tokens that the model reads",
                hint="shorten it, or raise max_seq_length",
            )
        stride = max(1, size - overlap)
        starts = range(0, max(1, len(inner) - overlap), stride)
        return [
            np.concatenate([row[:head], inner[i : i + size], self._trailing], dtype=np.int32)
            for i in starts
        ]

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text as spelled in the vocabulary, special tokens included."""
        ids = self.rows([text], exact=False).token_ids.tolist()
        return [str(self._backend.id_to_token(i)) for i in ids]

    def describe(self, text: str) -> list[Token]:
        """Every token of a text, special tokens included, without truncation.

        Raises:
            TextError: it is not a string, or contains a lone surrogate.
        """
        check_text(text, 0)
        (encoding,) = self._encode([text], [0], offsets=True)
        offsets = self._original_offsets(text) if self._lowercase else np.arange(len(text) + 1)
        tokens = []
        for token_id, name, special, (start, stop) in zip(
            encoding.ids, encoding.tokens, encoding.special_tokens_mask, encoding.offsets,
            strict=True,
        ):  # fmt: skip
            if special:
                tokens.append(Token(token_id, name, True))
            else:
                first, last = int(offsets[start]), int(offsets[stop])
                tokens.append(Token(token_id, text[first:last], False, first, last))
        return tokens

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool | None = None) -> str:
        """The text of token ids.

        Args:
            token_ids: ids of this vocabulary.
            skip_special_tokens: leave out every special token, or none; if not given, only those
                around the text.

        Raises:
            InputError: an id is not in the vocabulary.
        """
        size = self.vocabulary_size
        for token_id in token_ids:
            if not 0 <= token_id < size:
                raise InputError(
                    f"{token_id} is not a token id of this model, which has {size:,}",
                    hint="send texts, or ids of the model's own tokenizer",
                )
        inner = list(token_ids)
        if skip_special_tokens is not None:
            return str(self._backend.decode(inner, skip_special_tokens=skip_special_tokens))
        if self.has_special_tokens(inner):
            inner = inner[len(self._leading) : len(inner) - len(self._trailing)]
        return str(self._backend.decode(inner, skip_special_tokens=False))

    def has_special_tokens(self, token_ids: Sequence[int]) -> bool:
        """Whether ids begin and end with the special tokens that the tokenizer adds."""
        ids, first, last = list(token_ids), self._leading, self._trailing
        if not (first or last) or len(ids) < len(first) + len(last):
            return False
        return ids[: len(first)] == first and ids[len(ids) - len(last) :] == last

    def spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Start and end of each token in its text: one int64 `[tokens, 2]` per text.

        Without special tokens and truncation. A long text is tokenized in parts; the tokens next
        to a boundary of two parts may differ from those of the whole text.

        Raises:
            TextError: a text is not a string, or contains a lone surrogate.
        """
        check_texts(texts, 0)
        spans: list[NDArray[np.int64]] = []
        for start, batch in batches(texts):
            if len(batch) == 1 and len(batch[0]) > PART_CHARACTERS:
                spans.append(self._spans_in_parts(batch[0], start))
            else:
                spans += self._spans(batch, start)
        return spans

    def _spans_in_parts(self, text: str, index: int) -> NDArray[np.int64]:
        check_text(text, index)
        parts = bounded_parts(text)
        spans: list[NDArray[np.int64]] = []
        offset = 0
        while group := list(islice(parts, BATCH_CHARACTERS // PART_CHARACTERS)):
            for part, part_spans in zip(group, self._spans(group, index), strict=True):
                spans.append(part_spans + offset)
                offset += len(part)
        return np.concatenate(spans)

    def _spans(self, texts: Sequence[str], first_index: int) -> list[NDArray[np.int64]]:
        encodings = self._encode(texts, count(first_index), offsets=True)
        leading, trailing = len(self._leading), len(self._trailing)
        result = []
        for text, encoding in zip(texts, encodings, strict=True):
            pairs = encoding.offsets
            spans = np.array(pairs[leading : len(pairs) - trailing], np.int64).reshape(-1, 2)
            result.append(self._original_offsets(text)[spans] if self._lowercase else spans)
        return result

    @staticmethod
    def _original_offsets(text: str) -> NDArray[np.int64]:
        """The offset in a text of each offset in its lower-cased form, which may be longer."""
        if len(text.lower()) == len(text):
            return np.arange(len(text) + 1)
        widths = [len(character.lower()) for character in text]
        return np.append(np.repeat(np.arange(len(text)), widths), len(text))

    def prompt_tokens(self, prompt: str) -> int:
        """Number of a prompt's tokens, leading special tokens included; 0 for an empty prompt."""
        return int(self.rows([prompt]).lengths[0]) - len(self._trailing) if prompt else 0

    def special_tokens_mask(self, text: str) -> NDArray[np.bool_]:
        """Which of `tokens` are special tokens around the text: bool `[tokens]`."""
        long = len(text) > self._prefix_size
        prefixes = self._prefixes(text, 0) if long else iter((text,))
        mask: list[int] = []
        while len(mask) <= self.max_tokens and (prefix := next(prefixes, None)) is not None:
            (encoding,) = self._encode([prefix], [0])
            mask = encoding.special_tokens_mask
        too_long = len(mask) > self.max_tokens
        return np.array(self._truncated(mask) if too_long else mask, dtype=bool)

    def _truncated(self, ids: list[int]) -> list[int]:
        return ids[: self.max_tokens - len(self._trailing)] + self._trailing

    def _tokenize_in_parts(self, text: str, index: int, limit: int | None) -> _TruncatedText:
        """Tokenize a long text in parts, if that gives the same tokens.

        A token takes about 400 bytes inside the tokenizer, so 10 MB at once would take gigabytes.
        """
        check_text(text, index)
        parts = parts_at_whitespace(text) if self._splits_at_whitespace else iter((text,))
        special = len(self._leading) + len(self._trailing)
        inner: list[int] = []
        seen = special
        while group := list(islice(parts, BATCH_CHARACTERS // PART_CHARACTERS)):
            for encoding in self._encode(group, repeat(index)):
                ids = encoding.ids[len(self._leading) : len(encoding.ids) - len(self._trailing)]
                seen += len(ids)
                if limit is None or len(inner) < limit:
                    inner += ids
        size = None if limit is None else limit - special
        return _TruncatedText([*self._leading, *inner[:size], *self._trailing], seen)

    @cached_property
    def _splits_at_whitespace(self) -> bool:
        """Whether no token spans whitespace, as in BERT's tokenizer without added tokens."""
        added = self._backend.get_added_tokens_decoder().values()
        return self._word_cache is not None and not any(" " in token.content for token in added)

    def _token_ids(self, texts: Sequence[str], first_index: int) -> list[list[int]]:
        """Token ids of each text, special tokens included; from the word cache if possible."""
        if self._word_cache is None:
            return [encoding.ids for encoding in self._encode(texts, count(first_index))]
        if self._lowercase:
            texts = [text.lower() for text in texts]
        supported = [i for i, text in enumerate(texts) if self._word_cache.supports(text)]
        others = sorted(set(range(len(texts))).difference(supported))
        ids: list[list[int]] = [[]] * len(texts)
        cached = self._word_cache.token_ids([texts[i] for i in supported])
        for i, inner in zip(supported, cached, strict=True):
            ids[i] = [*self._leading, *inner, *self._trailing]
        encodings = self._encode([texts[i] for i in others], [first_index + i for i in others])
        for i, encoding in zip(others, encodings, strict=True):
            ids[i] = encoding.ids
        return ids

    def _encode(
        self, texts: Sequence[str], indices: Iterable[int], *, offsets: bool = False
    ) -> list[Any]:
        if not texts:
            return []
        if self._lowercase:
            texts = [text.lower() for text in texts]
        try:
            if offsets:
                return self._backend.encode_batch(texts)
            return self._backend.encode_batch_fast(texts)
        except (TypeError, UnicodeEncodeError) as error:
            for index, text in zip(indices, texts, strict=False):
                check_text(text, index)
            raise TextError(
                f"the tokenizer does not accept these texts: {error}",
                hint="encode them one by one to find the text that causes it",
            ) from error


def read_tokenizer(config: Config) -> Tokenizer:
    """The tokenizer of a checkpoint; see `read_backend`.

    Raises:
        DamagedFileError: its files are missing or damaged.
        UnsupportedModelError: it is in SentencePiece's own format only.
    """
    folder = config.folder
    settings = read_json(folder / "tokenizer_config.json", optional=True)
    backend = read_backend(folder, settings)
    pad_id = read_pad_id(config, settings, backend)
    if config.model_type == STATIC:  # without special tokens
        backend.post_processor = tokenizers.processors.TemplateProcessing(single="$A", pair="$A $B")
    return Tokenizer(backend, config.max_tokens, pad_id=pad_id, lowercase=config.lowercase)
