"""Texts to vectors: the class everyone holds."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.checkpoint.config import Config, Normalize
from likewise.checkpoint.fingerprint import fingerprint
from likewise.comparing import ComparisonMethods
from likewise.drop_in import BATCH, SentenceTransformerMethods
from likewise.engine.contract import Runtime
from likewise.errors import InputError, TruncationWarning
from likewise.hub.locate import Location
from likewise.progress import Advance, bar
from likewise.results import Encoded, TokenCount
from likewise.signatures import OutputValue, Text, Texts, encode_method
from likewise.texts import is_single, listed, tensor
from likewise.tokenization.token_stream import (
    EvenPace,
    Pace,
    TokenizedBatch,
    Truncation,
    token_stream,
)
from likewise.tokenization.tokenizer import Tokenizer, check_text


class Encoder(SentenceTransformerMethods, ComparisonMethods):
    """A loaded model. Made by `likewise.load`; safe to use from several threads.

    Attributes:
        prompts: text put before a text, by name.
        default_prompt_name: the prompt used where none is named.
        truncate_dim: dimensions kept of each vector; None keeps all.
    """

    def __init__(
        self,
        location: Location,
        config: Config,
        tokenizer: Tokenizer,
        runtime: Runtime,
        *,
        truncate_dim: int | None = None,
        prompts: Mapping[str, str] | None = None,
        load_seconds: float = 0.0,
    ) -> None:
        super().__init__(location, config, runtime, load_seconds)
        known = config.prompts or (location.entry.prompts if location.entry else {})
        self.prompts = MappingProxyType(dict(known) | dict(prompts or {}))
        self.default_prompt_name = config.default_prompt_name
        self.truncate_dim = self._checked_dim(
            config.truncate_dim if truncate_dim is None else truncate_dim, runtime.dimension
        )
        self._tokenizer = tokenizer

    def _settings(self) -> dict[str, Any]:
        return super()._settings() | {
            "runtime": "auto" if self.runtime == "table" else self.runtime,
            "device": self.device,
            "truncate_dim": self.truncate_dim,
            "prompts": dict(self.prompts),
            "default_prompt_name": self.default_prompt_name,
        }

    # what it is

    @property
    def dimension(self) -> int:
        """Dimensions of the vectors it gives."""
        return self.truncate_dim or self._runtime.dimension

    @property
    def max_seq_length(self) -> int:
        """Tokens of a text that are read, special ones included."""
        return self._tokenizer.max_tokens

    @property
    def similarity_fn_name(self) -> str:
        """The similarity it was trained for: `cosine`, `dot`, `euclidean` or `manhattan`."""
        return self.config.similarity

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, modules, length, dimensions and compute: 32 hex digits.

        Two vectors compare only where fingerprints agree.
        """
        return fingerprint(self.config, self.max_seq_length, self.dimension, self._runtime.recipe)

    def __repr__(self) -> str:
        return (
            f"Encoder({self.name!r}, dimension={self.dimension}, "
            f"max_seq_length={self.max_seq_length}, compute={self.compute!r})"
        )

    # texts to vectors

    @encode_method
    def encode(
        self,
        sentences: Text | Texts,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
        *,
        output_value: OutputValue | None = "sentence_embedding",
        precision: vectors.Precision | None = "float32",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: object = None,  # noqa: ARG002 - it runs where it was loaded
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        truncation: Truncation = "cut",
        progress: Advance | None = None,
    ) -> Any:
        """Encode texts.

        Args:
            sentences: one text, or any iterable of texts; a text may also be `{"text": …}`.
            prompt_name: which of the model's prompts to put before each text.
            prompt: a prompt in its own words.
            batch_size: how many texts are padded to one length where `output_value` is None;
                otherwise without effect, since batches are formed by tokens.
            show_progress_bar: show one on standard error.
            output_value: `sentence_embedding`; `token_embeddings` for every token's state; None for
                a dictionary of torch tensors for each text, as sentence-transformers gives it.
            precision: number format of the vectors; None is float32.
            convert_to_numpy: False gives a list of torch tensors (needs torch).
            convert_to_tensor: give one torch tensor (needs torch).
            device: accepted for sentence-transformers' sake; a model runs where it was loaded.
            normalize_embeddings: scale to length 1, also where the checkpoint does not.
            truncate_dim: keep so many dimensions.
            truncation: what becomes of texts over `max_seq_length` tokens: `cut` reads their
                beginning and warns once, `error` refuses them, `chunk` reads all of them in
                overlapping windows and averages, weighted by tokens.
            progress: told how many texts have just been finished.

        Returns:
            float32 `[n, dimension]`, in the order given; `[dimension]` for a single string.

        Raises:
            TextError: something is no string, or no valid Unicode; its index is told.
            TooLongError: a text is too long and `truncation` is `error`.
            InputError: an unknown prompt, precision or dimension.
            EngineError: the engine refused.
        """
        single = is_single(sentences)
        texts = listed([sentences] if single else sentences)
        if output_value == "token_embeddings":
            prefix = self._prompt(prompt_name, prompt)
            states = self._token_states(texts, prefix, truncation)
            if convert_to_tensor or not convert_to_numpy:
                states = [tensor(state) for state in states]
            return states[0] if single else states
        if output_value is None:
            options = {"truncate_dim": truncate_dim, "truncation": truncation}
            prefix = self._prompt(prompt_name, prompt)
            features = self._features(texts, prefix, batch_size or BATCH, **options)
            return features[0] if single else features
        if output_value != "sentence_embedding":
            raise InputError(
                f"unknown output_value {output_value!r}",
                hint="one of sentence_embedding, token_embeddings, None",
            )
        result = np.empty((len(texts), self._width(truncate_dim)), np.float32)
        done = cut = 0
        with bar(len(texts), title="encoding", show=bool(show_progress_bar)) as advance:
            for part in self.encode_stream(
                texts, prompt_name, prompt,
                normalize_embeddings=normalize_embeddings, truncate_dim=truncate_dim,
                truncation=truncation, progress=progress or advance,
            ):  # fmt: skip
                result[done : done + len(part.texts)] = part.vectors
                done += len(part.texts)
                cut += int((part.kept < part.seen).sum())
        if cut:
            self._warn_cut(cut, len(texts))
        result = vectors.quantize(result, precision or "float32")
        if convert_to_tensor:
            return tensor(result[0] if single else result)
        if not convert_to_numpy:
            return tensor(result[0]) if single else [tensor(row) for row in result]
        return result[0] if single else result

    def encode_stream(
        self,
        sentences: Iterable[str],
        prompt_name: str | None = None,
        prompt: str | None = None,
        *,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        truncation: Truncation = "cut",
        progress: Advance | None = None,
        seconds: float | None = None,
    ) -> Iterator[Encoded]:
        """Encode texts as they come, in bounded memory: some thousands at a time, in their order.

        Takes what `encode` takes, and raises what it raises; nothing is warned of, since each part
        tells what was cut. With `seconds`, a part is as large as takes about so long to compute:
        fewer texts on a slow processor, so that they can be saved before the work is stopped. A
        stream that begins behind such a part gives the bits that the whole stream would give.
        """
        prefix = self._prompt(prompt_name, prompt)
        dimension = self._width(truncate_dim)
        pace = self._pace(seconds) if seconds is not None else None
        for window in token_stream(
            self._tokenizer, sentences, prefix=prefix, truncation=truncation, pace=pace
        ):
            started = time.perf_counter()
            chunked = len(window.rows) > len(window.texts)
            matrix = self._runtime.embed(window.rows, None if chunked else progress)
            if chunked:
                matrix = self._joined(window, matrix)
                if progress:
                    progress(len(window.texts))
            matrix = self._finish(matrix, dimension, normalize_embeddings)
            if pace:
                pace.record(len(window.texts), time.perf_counter() - started)
            yield Encoded(window.texts, matrix, window.seen, window.kept)

    def _pace(self, seconds: float) -> Pace:
        if self.device != "cpu":
            return EvenPace(2**22)
        if self.runtime == "torch" or (self.runtime == "openvino" and self.compute != "float32"):
            return EvenPace(2**16)
        return Pace(seconds)

    @encode_method
    def encode_query(
        self,
        sentences: Text | Texts,
        prompt_name: str | None = None,
        prompt: str | None = None,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        """`encode` with the model's prompt for queries, where it has one."""
        if prompt is None and prompt_name is None:
            prompt_name = self.role_prompt("query")
        return self.encode(sentences, prompt_name, prompt, *arguments, **options)

    @encode_method
    def encode_document(
        self,
        sentences: Text | Texts,
        prompt_name: str | None = None,
        prompt: str | None = None,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        """`encode` with the model's prompt for documents, where it has one."""
        if prompt is None and prompt_name is None:
            prompt_name = self.role_prompt("document")
        return self.encode(sentences, prompt_name, prompt, *arguments, **options)

    def role_prompt(self, role: Literal["query", "document"]) -> str | None:
        """Name of the prompt that `encode_query` or `encode_document` uses; None for none."""
        names = ("query",) if role == "query" else ("document", "passage", "corpus")
        return next((name for name in names if name in self.prompts), None)

    def prompt_text(self, name: str | None = None) -> str:
        """The text of a prompt: the default one when no name is given; empty where there is none.

        Raises:
            InputError: the model has no prompt of this name.
        """
        return self._prompt(name, None)

    @property
    def matryoshka(self) -> bool:
        """Whether it was trained so that the first dimensions of a vector can stand alone."""
        entry = self.location.entry
        stated = self.config.network.get("matryoshka_dimensions")
        return bool(stated or (entry and entry.matryoshka) or self.config.truncate_dim)

    def token_embeddings(self, sentences: Text | Texts) -> list[NDArray[np.float32]]:
        """The last layer's state of every token: float32 `[tokens, hidden size]` a text."""
        texts = listed([sentences] if is_single(sentences) else sentences)
        return self._token_states(texts, "", "cut")

    # tokens

    def tokens(self, text: str) -> list[str]:
        """The tokens the model reads of a text, as written in its vocabulary."""
        check_text(text, 0)
        return self._tokenizer.tokens(text)

    def special_tokens_mask(self, text: str) -> NDArray[np.bool_]:
        """Which of `tokens` the tokenizer put around the text itself: bool `[tokens]`."""
        check_text(text, 0)
        return self._tokenizer.special_tokens_mask(text)

    def count_tokens(self, sentences: Text | Texts, *, exact: bool = True) -> list[TokenCount]:
        """How many tokens each text has, and how many of them are read.

        Args:
            sentences: a text, or texts.
            exact: count every text to its end. Without it a text of more than 20,000 characters
                may be counted only until it is known to be over the limit.
        """
        texts = listed([sentences] if is_single(sentences) else sentences)
        rows = self._tokenizer.rows(texts, counted=exact)
        partial = np.zeros(len(texts), bool) if rows.partial is None else rows.partial
        return [
            TokenCount(int(seen), int(kept), not more)
            for seen, kept, more in zip(rows.seen, rows.lengths, partial, strict=True)
        ]

    def decode_tokens(self, token_ids: Sequence[int]) -> str:
        """The text of token ids of the model's vocabulary, without the special ones around it.

        Raises:
            InputError: an id that the vocabulary does not have.
        """
        return self._tokenizer.decode(token_ids)

    def is_framed(self, token_ids: Sequence[int]) -> bool:
        """Whether token ids begin and end with the special tokens of the model's tokenizer."""
        return self._tokenizer.is_framed(token_ids)

    def token_ids(self, text: str) -> list[int]:
        """Ids of the tokens that the model reads of a text, special ones included."""
        check_text(text, 0)
        return [int(each) for each in self._tokenizer.rows([text], counted=False).token_ids]

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Where each token of a text begins and ends in it: int64 `[tokens, 2]` a text.

        Special tokens are left out, and nothing is cut.
        """
        return self._tokenizer.spans(listed(texts))

    # inside

    def _width(self, truncate_dim: int | None) -> int:
        full = self._runtime.dimension
        return self._checked_dim(truncate_dim, full) or self.truncate_dim or full

    def _token_states(
        self, texts: Sequence[str], prefix: str, truncation: Truncation
    ) -> list[NDArray[np.float32]]:
        return [
            states
            for window in token_stream(self._tokenizer, texts, prefix=prefix, truncation=truncation)
            for states in self._runtime.token_states(window.rows)
        ]

    @property
    def _normal(self) -> bool:
        """Whether the checkpoint's own vectors are of length 1."""
        return any(isinstance(module, Normalize) for module in self.config.modules)

    def _joined(self, window: TokenizedBatch, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """One vector a text, where some texts were read in several rows."""
        matrix = window.joined(matrix)
        if self._normal:
            matrix[window.apart] = vectors.normalize(matrix[window.apart])
        return matrix

    def _finish(
        self, matrix: NDArray[np.float32], dimension: int, normalize: bool
    ) -> NDArray[np.float32]:
        if dimension < matrix.shape[1]:
            return vectors.truncate(matrix, dimension, renormalize=self._normal or normalize)
        return vectors.normalize(matrix) if normalize and not self._normal else matrix

    def _warn_cut(self, cut: int, of: int) -> None:
        warnings.warn(
            f"{cut:,} of {of:,} texts are longer than the {self.max_seq_length} tokens "
            f'{self.name} reads, and were cut; truncation="chunk" reads all of them',
            TruncationWarning,
            stacklevel=3,
        )

    @staticmethod
    def _checked_dim(dimension: int | None, full: int) -> int | None:
        if dimension is not None and not 1 <= dimension <= full:
            raise InputError(
                f"cannot truncate {full} dimensions to {dimension}",
                hint=f"choose between 1 and {full}",
            )
        return dimension
