"""Texts to token rows, with the checkpoint's own tokenizer and its own limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice, repeat
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from likewise.checkpoint.config import STATIC, Config, read_json
from likewise.checkpoint.fronts import Fronts
from likewise.checkpoint.pieces import PIECE, PORTION, bounded_pieces, pieces, portions
from likewise.errors import InputError, TextError
from likewise.tokenization.backend import read_backend, read_pad_id
from likewise.tokenization.word_cache import WordTokenCache, reads_words
from likewise.wording import with_article

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class TokenRows:
    """Token ids of several texts, one after the other.

    Attributes:
        token_ids: int32 `[sum of lengths]`, special tokens included.
        lengths: int64 `[n]`, tokens kept of each text.
        seen: int64 `[n]`, tokens each text has before anything is cut, special ones included.
        prompt_tokens: tokens at the front of every text that are the prompt's.
        partial: bool `[n]`, texts that were not tokenized to their end and have more tokens than
            `seen` says, which is more than the limit all the same; None where there are none.
        token_types: int32 `[sum of lengths]`, 0 or 1, where a row is a pair of texts.
    """

    token_ids: NDArray[np.int32]
    lengths: NDArray[np.int64]
    seen: NDArray[np.int64]
    prompt_tokens: int = 0
    token_types: NDArray[np.int32] | None = None
    partial: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each text begins in `token_ids`: int64 `[n]`."""
        return np.cumsum(self.lengths) - self.lengths

    def row(self, index: int) -> NDArray[np.int32]:
        """Token ids of one text: int32 `[length]`."""
        start = int(self.starts[index])
        return self.token_ids[start : start + int(self.lengths[index])]


@dataclass(frozen=True)
class _LongText:
    """Tokens kept of one text, and how many it has."""

    token_ids: list[int]
    seen: int


class Tokenizer:
    """The checkpoint's tokenizer, with its truncation and padding settings put aside.

    Attributes:
        max_tokens: tokens of a text that are kept, special ones included.
        pad_id: the id of the padding token.
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
        probe = backend.encode("a")
        text = [i for i, special in enumerate(probe.special_tokens_mask) if not special] or [0]
        self._words = WordTokenCache(backend) if reads_words(backend) else None
        self._first, self._last = probe.ids[: text[0]], probe.ids[text[-1] + 1 :]

    @property
    def vocabulary_size(self) -> int:
        """Number of known tokens."""
        return int(self._backend.get_vocab_size())

    def rows(
        self,
        texts: Sequence[str],
        first_index: int = 0,
        *,
        whole: bool = False,
        counted: bool = True,
    ) -> TokenRows:
        """Tokenize texts; what is longer than `max_tokens` is cut, its last special tokens kept.

        Args:
            texts: any strings.
            first_index: place of the first among all the caller has, for error messages.
            whole: cut nothing.
            counted: tokenize every text to its end, so that `seen` is exact. Without it a text of
                more than `PIECE` characters is tokenized only as far as it is kept: the same
                tokens in a fraction of the time.

        Raises:
            TextError: a text is no string, or holds a lone surrogate.
        """
        limit = None if whole else self.max_tokens
        _check_texts(texts, first_index)
        if counted or limit is None:
            kept, seen = self._read(texts, first_index, limit)
            partial = None
        else:
            kept, seen, partial = self._read_fronts(texts, first_index, limit)
        lengths = np.fromiter((len(ids) for ids in kept), np.int64, len(kept))
        flat = np.fromiter(chain.from_iterable(kept), np.int32, int(lengths.sum()))
        return TokenRows(flat, lengths, np.array(seen, np.int64), partial=partial)

    def _read(
        self, texts: Sequence[str], first_index: int, limit: int | None
    ) -> tuple[list[list[int]], list[int]]:
        """Tokens kept of each text, and how many it has."""
        kept: list[list[int]] = []
        seen: list[int] = []
        for start, part in portions(texts):
            if len(part) == 1 and len(part[0]) > PORTION:
                text = self._read_long(part[0], first_index + start, limit)
                kept.append(text.token_ids)
                seen.append(text.seen)
                continue
            for ids in self._ids(part, first_index + start):
                seen.append(len(ids))
                kept.append(self._cut(ids) if limit and len(ids) > limit else ids)
        return kept, seen

    def _read_fronts(
        self, texts: Sequence[str], first_index: int, limit: int
    ) -> tuple[list[list[int]], list[int], NDArray[np.bool_] | None]:
        """The same, of long texts only as much as is kept; last, which were not read to the end."""
        long = [i for i, text in enumerate(texts) if len(text) > self._front_size]
        if not long:
            return *self._read(texts, first_index, limit), None
        fronts = {i: self._fronts_of(texts[i], first_index + i) for i in long}
        read = list(texts)
        for i in long:
            read[i] = next(fronts[i])
        kept, seen = self._read(read, first_index, limit)
        partial = np.zeros(len(texts), bool)
        for i in long:
            while seen[i] <= limit and (longer := next(fronts[i], None)) is not None:
                (kept[i],), (seen[i],) = self._read([longer], first_index + i, limit)
                read[i] = longer
            partial[i] = len(read[i]) < len(texts[i])
        return kept, seen, partial

    @property
    def _front_size(self) -> int:
        """Characters within which nearly every text has more tokens than are kept."""
        return max(PIECE, 16 * self.max_tokens)

    @cached_property
    def _fronts(self) -> Fronts:
        return Fronts(self._backend)

    def _fronts_of(self, text: str, index: int) -> Iterator[str]:
        """Beginnings of a long text, the whole of it last."""
        check_text(text, index)
        # the last letter of a Greek word is lower-cased by what follows it, so all of it at once
        lowered = text.lower() if self._lowercase else text
        for front in self._fronts.of(lowered, self._front_size):
            yield text if len(front) == len(lowered) else front

    def chunks(
        self, row: NDArray[np.int32], *, overlap: int, prompt_tokens: int = 0
    ) -> list[NDArray[np.int32]]:
        """One row taken apart into rows of at most `max_tokens`, each a text of its own.

        All of them have the special tokens and the prompt.

        Args:
            row: int32 `[length]`, a whole text.
            overlap: tokens that a row has in common with the one before it.
            prompt_tokens: tokens at the front that are the prompt's.

        Raises:
            InputError: the prompt alone fills a row.
        """
        if len(row) <= self.max_tokens:
            return [row]
        front = max(prompt_tokens, len(self._first))
        inner = row[front : len(row) - len(self._last)]
        room = self.max_tokens - front - len(self._last)
        if room < 1:
            raise InputError(
                f"the prompt takes all {self.max_tokens} tokens that the model reads",
                hint="shorten it, or raise max_seq_length",
            )
        step = max(1, room - overlap)
        starts = range(0, max(1, len(inner) - overlap), step)
        return [
            np.concatenate([row[:front], inner[start : start + room], self._last], dtype=np.int32)
            for start in starts
        ]

    def tokens(self, text: str) -> list[str]:
        """The tokens of one text as they are written in the vocabulary, special ones included."""
        ids = self.rows([text], counted=False).token_ids.tolist()
        return [str(self._backend.id_to_token(i)) for i in ids]

    def decode(self, token_ids: Sequence[int]) -> str:
        """The text of token ids, without the special tokens around it.

        Raises:
            InputError: an id that the vocabulary does not have.
        """
        size = self.vocabulary_size
        for token_id in token_ids:
            if not 0 <= token_id < size:
                raise InputError(
                    f"{token_id} is no token id of this model, which has {size:,}",
                    hint="send texts, or ids of the model's own tokenizer",
                )
        inner = list(token_ids)
        if self.is_framed(inner):
            inner = inner[len(self._first) : len(inner) - len(self._last)]
        return str(self._backend.decode(inner, skip_special_tokens=False))

    def is_framed(self, token_ids: Sequence[int]) -> bool:
        """Whether ids begin and end with the special tokens that the model's tokenizer adds."""
        ids, first, last = list(token_ids), self._first, self._last
        if not (first or last) or len(ids) < len(first) + len(last):
            return False
        return ids[: len(first)] == first and ids[len(ids) - len(last) :] == last

    def spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Where the tokens of each text begin and end in it: int64 `[tokens, 2]` a text.

        Special tokens are left out, and nothing is cut. A long text is tokenized in pieces, where
        a token at a piece's edge may differ.

        Raises:
            TextError: a text is no string, or holds a lone surrogate.
        """
        _check_texts(texts, 0)
        found: list[NDArray[np.int64]] = []
        for start, part in portions(texts):
            if len(part) == 1 and len(part[0]) > PIECE:
                found.append(self._long_spans(part[0], start))
            else:
                found += self._spans(part, start)
        return found

    def _long_spans(self, text: str, index: int) -> NDArray[np.int64]:
        check_text(text, index)
        parts = bounded_pieces(text)
        found: list[NDArray[np.int64]] = []
        at = 0
        while group := list(islice(parts, PORTION // PIECE)):
            for piece, spans in zip(group, self._spans(group, index), strict=True):
                found.append(spans + at)
                at += len(piece)
        return np.concatenate(found)

    def _spans(self, texts: Sequence[str], first_index: int) -> list[NDArray[np.int64]]:
        """Spans in texts of moderate length."""
        encodings = self._encode(texts, count(first_index), offsets=True)
        front, back = len(self._first), len(self._last)
        found = []
        for text, encoding in zip(texts, encodings, strict=True):
            pairs = encoding.offsets
            spans = np.array(pairs[front : len(pairs) - back], np.int64).reshape(-1, 2)
            found.append(self._unlowered(text)[spans] if self._lowercase else spans)
        return found

    @staticmethod
    def _unlowered(text: str) -> NDArray[np.int64]:
        """Place in a text of every place in its lower-cased form, which may be longer."""
        if len(text.lower()) == len(text):
            return np.arange(len(text) + 1)
        widths = [len(character.lower()) for character in text]
        return np.append(np.repeat(np.arange(len(text)), widths), len(text))

    def prompt_tokens(self, prompt: str) -> int:
        """How many of a text's first tokens are the prompt's, the leading special ones included."""
        return int(self.rows([prompt]).lengths[0]) - len(self._last) if prompt else 0

    def special_tokens_mask(self, text: str) -> NDArray[np.bool_]:
        """Which of `tokens` were put around the text and are not its own: bool `[tokens]`."""
        fronts = self._fronts_of(text, 0) if len(text) > self._front_size else iter((text,))
        mask: list[int] = []
        while len(mask) <= self.max_tokens and (front := next(fronts, None)) is not None:
            (encoding,) = self._encode([front], [0])
            mask = encoding.special_tokens_mask
        return np.array(mask if len(mask) <= self.max_tokens else self._cut(mask), dtype=bool)

    def _cut(self, ids: list[int]) -> list[int]:
        return ids[: self.max_tokens - len(self._last)] + self._last

    def _read_long(self, text: str, index: int, limit: int | None) -> _LongText:
        """What is read of a long text, tokenized piece by piece where that gives the same tokens.

        A token takes some 400 bytes inside the tokenizer, so 10 MB at once would take gigabytes.
        """
        check_text(text, index)
        parts = pieces(text) if self._splits_at_blanks else iter((text,))
        inner: list[int] = []
        seen = len(self._first) + len(self._last)
        while group := list(islice(parts, PORTION // PIECE)):
            for encoding in self._encode(group, repeat(index)):
                ids = encoding.ids[len(self._first) : len(encoding.ids) - len(self._last)]
                seen += len(ids)
                if limit is None or len(inner) < limit:
                    inner += ids
        room = None if limit is None else limit - len(self._first) - len(self._last)
        return _LongText([*self._first, *inner[:room], *self._last], seen)

    @cached_property
    def _splits_at_blanks(self) -> bool:
        """Whether no token can span a blank, as in BERT's own tokenizer."""
        added = self._backend.get_added_tokens_decoder().values()
        return self._words is not None and not any(" " in token.content for token in added)

    def _ids(self, texts: Sequence[str], first_index: int) -> list[list[int]]:
        """Token ids of each text, special ones included: remembered words, or the tokenizer."""
        if self._words is None:
            return [encoding.ids for encoding in self._encode(texts, count(first_index))]
        if self._lowercase:
            texts = [text.lower() for text in texts]
        plain = [i for i, text in enumerate(texts) if self._words.plain(text)]
        strange = sorted(set(range(len(texts))).difference(plain))
        ids: list[list[int]] = [[]] * len(texts)
        for i, inner in zip(plain, self._words.read([texts[i] for i in plain]), strict=True):
            ids[i] = [*self._first, *inner, *self._last]
        encodings = self._encode([texts[i] for i in strange], [first_index + i for i in strange])
        for i, encoding in zip(strange, encodings, strict=True):
            ids[i] = encoding.ids
        return ids

    def _encode(
        self, texts: Sequence[str], places: Iterable[int], *, offsets: bool = False
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
            for place, text in zip(places, texts, strict=False):
                check_text(text, place)
            raise TextError(
                f"the tokenizer refused these texts: {error}",
                hint="encode them one by one to see which it is",
            ) from error


def _check_texts(texts: Sequence[object], first_index: int) -> None:
    """Refuse what is no text; the tokenizer itself would take a tuple for a pair."""
    if not all(type(text) is str for text in texts):
        for index, text in enumerate(texts, first_index):
            check_text(text, index)


def check_text(text: object, index: int) -> None:
    """Refuse what is no text.

    Raises:
        TextError: not a string, or a string with a lone surrogate, which no encoding can carry.
    """
    if not isinstance(text, str):
        raise TextError(
            f"text {index} is {with_article(type(text).__name__)}, expected a string",
            hint="pass strings; leave out missing values or replace them by ''",
            index=index,
        )
    if match := _SURROGATE.search(text):
        raise TextError(
            f"text {index} holds a lone surrogate (U+{ord(match[0]):04X}) at character "
            f"{match.start()}, which is no valid Unicode",
            hint="decode the source with errors='replace', or drop the character",
            index=index,
        )


def read_tokenizer(config: Config) -> Tokenizer:
    """The tokenizer of a checkpoint, from `tokenizer.json` or from `vocab.txt`.

    Raises:
        DamagedFileError: neither can be read.
    """
    folder = config.folder
    settings = read_json(folder / "tokenizer_config.json", optional=True)
    backend = read_backend(folder, settings)
    pad_id = read_pad_id(config, settings, backend)
    if config.model_type == STATIC:  # no frame: only the text's own tokens count
        backend.post_processor = tokenizers.processors.TemplateProcessing(single="$A", pair="$A $B")
    return Tokenizer(backend, config.max_tokens, pad_id=pad_id, lowercase=config.lowercase)
