"""The text encoder: texts to vectors."""

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
from likewise.drop_in import DEFAULT_BATCH_SIZE, SentenceTransformerMethods
from likewise.engine.contract import Runtime
from likewise.errors import InputError, TruncationWarning
from likewise.hub.locate import Location
from likewise.progress import Advance, bar
from likewise.results import Encoded
from likewise.signatures import OutputValue, Text, Texts, encode_method
from likewise.texts import is_single, listed, tensor
from likewise.token_methods import TokenMethods
from likewise.tokenization.token_stream import (
    BatchLimit,
    CharacterLimit,
    TimeLimit,
    TokenizedBatch,
    Truncation,
    token_stream,
)
from likewise.tokenization.tokenizer import Tokenizer


class Encoder(SentenceTransformerMethods, ComparisonMethods, TokenMethods):
    """A loaded model, returned by `likewise.load`. Thread-safe.

    Attributes:
        prompts: prompts by name; a prompt is put before each text.
        default_prompt_name: name of the prompt that is used by default.
        truncate_dim: number of dimensions of truncated vectors; None if they are not truncated.
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
        own = config.prompts or (location.entry.prompts if location.entry else {})
        self.prompts = MappingProxyType(dict(own) | dict(prompts or {}))
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

    # properties

    @property
    def dimension(self) -> int:
        """Number of dimensions of the vectors."""
        return self.truncate_dim or self._runtime.dimension

    @property
    def max_seq_length(self) -> int:
        """Maximum number of tokens of a text, special tokens included; the rest is not read."""
        return self._tokenizer.max_tokens

    @property
    def whole_words(self) -> frozenset[str]:
        """The words that the tokenizer does not split, in lower case."""
        return self._tokenizer.whole_words

    @property
    def similarity_fn_name(self) -> str:
        """The similarity of the checkpoint: `cosine`, `dot`, `euclidean` or `manhattan`."""
        return self.config.similarity

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, modules, length, dimensions and compute: 32 hex digits.

        Vectors are comparable only if their fingerprints are equal.
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
        device: object = None,  # noqa: ARG002 - a parameter of sentence-transformers
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        truncation: Truncation = "cut",
        progress: Advance | None = None,
    ) -> Any:
        """Encode texts.

        Args:
            sentences: one text, or any iterable of texts; a text may also be `{"text": …}`.
            prompt_name: name of the model's prompt to put before each text.
            prompt: text to put before each text, instead of a prompt of the model.
            batch_size: number of texts that are padded to the same length if `output_value` is
                None. Otherwise it has no effect, since batches are formed by tokens.
            show_progress_bar: show a progress bar on standard error.
            output_value: `sentence_embedding`; `token_embeddings` for the hidden state of every
                token; None for a dictionary of torch tensors per text, as in
                sentence-transformers.
            precision: number format of the vectors; None is float32.
            convert_to_numpy: False returns a list of torch tensors (needs torch).
            convert_to_tensor: return one torch tensor (needs torch).
            device: ignored, accepted for compatibility with sentence-transformers; see `to`.
            normalize_embeddings: scale vectors to length 1, even if the checkpoint does not.
            truncate_dim: truncate vectors to this number of dimensions.
            truncation: what to do with texts over `max_seq_length` tokens: `cut` reads their
                beginning and warns once, `error` raises an error, `chunk` reads all of them in
                overlapping chunks and averages the vectors, weighted by tokens.
            progress: called with the number of texts that were just finished.

        Returns:
            float32 `[n, dimension]`, in input order; `[dimension]` for a single string.

        Raises:
            TextError: an item is not a string, or not valid Unicode; the error gives its index.
            TooLongError: a text is too long and `truncation` is `error`.
            InputError: an unknown prompt, precision or dimension.
            EngineError: the network could not be run.
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
            features = self._features(texts, prefix, batch_size or DEFAULT_BATCH_SIZE, **options)
            return features[0] if single else features
        if output_value != "sentence_embedding":
            raise InputError(
                f"unknown output_value {output_value!r}",
                hint="one of sentence_embedding, token_embeddings, None",
            )
        result = np.empty((len(texts), self._dimension(truncate_dim)), np.float32)
        done = truncated = 0
        with bar(len(texts), title="encoding", show=bool(show_progress_bar)) as advance:
            for part in self.encode_stream(
                texts, prompt_name, prompt,
                normalize_embeddings=normalize_embeddings, truncate_dim=truncate_dim,
                truncation=truncation, progress=progress or advance,
            ):  # fmt: skip
                result[done : done + len(part.texts)] = part.vectors
                done += len(part.texts)
                truncated += int((part.kept < part.seen).sum())
        if truncated:
            self._warn_truncated(truncated, len(texts))
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
        """Encode a stream of texts in bounded memory, some thousands at a time, in input order.

        Takes the arguments of `encode` and raises the same errors. It does not warn of truncated
        texts: each part states how many tokens were read. With `seconds`, a part contains the texts
        that take about this time to compute (fewer on a slow processor), so that results can be
        saved at short intervals. A stream that is resumed after such a part gives the same vectors
        as an uninterrupted one.
        """
        prefix = self._prompt(prompt_name, prompt)
        dimension = self._dimension(truncate_dim)
        limit = BatchLimit() if seconds is None else self._batch_limit(seconds)
        for batch in token_stream(
            self._tokenizer, sentences, prefix=prefix, truncation=truncation, limit=limit
        ):
            started = time.perf_counter()
            chunked = len(batch.rows) > len(batch.texts)
            matrix = self._runtime.embed(batch.rows, None if chunked else progress)
            if chunked:
                matrix = self._average_chunks(batch, matrix)
                if progress:
                    progress(len(batch.texts))
            matrix = self._finish(matrix, dimension, normalize_embeddings)
            limit.record(len(batch.texts), time.perf_counter() - started)
            yield Encoded(batch.texts, matrix, batch.seen, batch.kept)

    def _batch_limit(self, seconds: float) -> BatchLimit:
        if self.device != "cpu":
            return CharacterLimit(2**22)
        if self.runtime == "torch" or (self.runtime == "openvino" and self.compute != "float32"):
            return CharacterLimit(2**16)
        return TimeLimit(seconds)

    @encode_method
    def encode_query(
        self,
        sentences: Text | Texts,
        prompt_name: str | None = None,
        prompt: str | None = None,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        """Like `encode`, with the model's prompt for queries if it has one."""
        if prompt is None:
            prompt_name = prompt_name or self.role_prompt("query")
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
        """Like `encode`, with the model's prompt for documents if it has one."""
        if prompt is None:
            prompt_name = prompt_name or self.role_prompt("document")
        return self.encode(sentences, prompt_name, prompt, *arguments, **options)

    def role_prompt(self, role: Literal["query", "document"]) -> str | None:
        """Name of the prompt that `encode_query` or `encode_document` uses; None if none."""
        names = ("query",) if role == "query" else ("document", "passage", "corpus")
        return next((name for name in names if name in self.prompts), None)

    def prompt_text(self, name: str | None = None) -> str:
        """The text of a prompt: the default one when no name is given; empty where there is none.

        Raises:
            InputError: the model has no prompt of this name.
        """
        return self._prompt(name, None)

    @property
    def is_normalized(self) -> bool:
        """Whether the vectors of the checkpoint have length 1."""
        return any(isinstance(module, Normalize) for module in self.config.modules)

    @property
    def matryoshka(self) -> bool:
        """Whether it was trained so that the first dimensions of a vector can stand alone."""
        entry = self.location.entry
        stated = self.config.network.get("matryoshka_dimensions")
        return bool(stated or (entry and entry.matryoshka) or self.config.truncate_dim)

    def token_embeddings(self, sentences: Text | Texts) -> list[NDArray[np.float32]]:
        """The last hidden state of each token: one float32 `[tokens, hidden size]` per text."""
        texts = listed([sentences] if is_single(sentences) else sentences)
        return self._token_states(texts, "", "cut")

    # internal

    def _dimension(self, truncate_dim: int | None) -> int:
        full = self._runtime.dimension
        return self._checked_dim(truncate_dim, full) or self.truncate_dim or full

    def _token_states(
        self, texts: Sequence[str], prefix: str, truncation: Truncation
    ) -> list[NDArray[np.float32]]:
        return [
            states
            for batch in token_stream(self._tokenizer, texts, prefix=prefix, truncation=truncation)
            for states in self._runtime.token_states(batch.rows)
        ]

    def _average_chunks(
        self, batch: TokenizedBatch, matrix: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Vectors of rows to vectors of texts."""
        matrix = batch.average_chunks(matrix)
        if self.is_normalized:
            matrix[batch.chunked] = vectors.normalize(matrix[batch.chunked])
        return matrix

    def _finish(
        self, matrix: NDArray[np.float32], dimension: int, normalize: bool
    ) -> NDArray[np.float32]:
        if dimension < matrix.shape[1]:
            return vectors.truncate(matrix, dimension, renormalize=self.is_normalized or normalize)
        return vectors.normalize(matrix) if normalize and not self.is_normalized else matrix

    def _warn_truncated(self, truncated: int, total: int) -> None:
        warnings.warn(
            f"{truncated:,} of {total:,} texts are longer than the {self.max_seq_length} tokens "
            f'that {self.name} reads, and were cut; truncation="chunk" reads all of them',
            TruncationWarning,
            stacklevel=3,
        )

    @staticmethod
    def _checked_dim(dimension: int | None, maximum: int) -> int | None:
        if dimension is not None and not 1 <= dimension <= maximum:
            raise InputError(
                f"cannot truncate {maximum} dimensions to {dimension}",
                hint=f"choose between 1 and {maximum}",
            )
        return dimension
