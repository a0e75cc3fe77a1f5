"""Rerankers (cross-encoders): a query and a text are read together, slower but more accurate."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.config import Config, read_config, read_json
from likewise.checkpoint.fingerprint import fingerprint
from likewise.comparing import ranked
from likewise.engine.contract import Runtime
from likewise.errors import InputError, UnsupportedModelError
from likewise.hub.download import progress_bar
from likewise.hub.locate import Location, locate
from likewise.loaded_model import LoadedModel, checked_length
from likewise.progress import Advance
from likewise.results import PairScores, Ranked
from likewise.tokenization.pair_tokenizer import PairTokenizer, read_pair_tokenizer

BATCH_PAIRS = 1024
"""Pairs that are tokenized and packed into batches together."""


class Reranker(LoadedModel):
    """A loaded cross-encoder, returned by `likewise.load_reranker`. Thread-safe.

    Attributes:
        sigmoid: whether a sigmoid is applied to scores, so that they are between 0 and 1.
    """

    def __init__(
        self,
        location: Location,
        config: Config,
        tokenizer: PairTokenizer,
        runtime: Runtime,
        *,
        sigmoid: bool,
        load_seconds: float = 0.0,
    ) -> None:
        super().__init__(location, config, runtime, load_seconds)
        self.sigmoid = sigmoid
        self._tokenizer = tokenizer

    @property
    def max_seq_length(self) -> int:
        """Maximum number of tokens of a pair; the longer text is truncated first."""
        return self._tokenizer.max_tokens

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, length and compute: 32 hex digits."""
        return fingerprint(self.config, self.max_seq_length, self._runtime.recipe)

    def __repr__(self) -> str:
        return (
            f"Reranker({self.name!r}, max_seq_length={self.max_seq_length}, "
            f"compute={self.compute!r})"
        )

    def scores(
        self, query: str, texts: Sequence[str], *, progress: Advance | None = None
    ) -> NDArray[np.float32]:
        """The relevance of each text to a query.

        Args:
            query: a text.
            texts: n texts.
            progress: called with the number of texts that were just finished.

        Returns:
            float32 `[n]`, in input order, higher is more relevant; from 0 to 1 if `sigmoid`.

        Raises:
            TextError: an item is not a string, or not valid Unicode; the error gives its index.
            EngineError: the network could not be run.
        """
        return self.score(query, texts, progress=progress).scores

    def score(
        self,
        query: str,
        texts: Sequence[str],
        *,
        sigmoid: bool | None = None,
        progress: Advance | None = None,
    ) -> PairScores:
        """The same, with how much of each pair was read.

        Args:
            query: a text.
            texts: n texts.
            sigmoid: bring scores between 0 and 1; as the checkpoint says when not given.
            progress: called with how many of them have just been finished.

        Raises:
            TextError: something is no string, or no valid Unicode.
            EngineError: the engine refused.
        """
        if isinstance(texts, str):
            raise InputError("one text where several are expected", hint="pass a list of texts")
        found = np.empty(len(texts), np.float32)
        tokens, truncated = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
        for start in range(0, len(texts), BATCH_PAIRS):
            part = texts[start : start + BATCH_PAIRS]
            rows = self._tokenizer.rows(query, part, start)
            span = slice(start, start + len(part))
            found[span] = self._runtime.embed(rows, progress)[:, 0]
            tokens[span] = rows.lengths
            truncated[span] = rows.partial
        sigmoid = self.sigmoid if sigmoid is None else sigmoid
        return PairScores(_sigmoid(found) if sigmoid else found, tokens, truncated)

    def shorten(self, text: str, tokens: int) -> str:
        """The first tokens of a text."""
        return self._tokenizer.shorten(text, tokens)

    def rank(self, query: str, texts: Iterable[str], top_k: int | None = None) -> list[Ranked]:
        """Rank texts by their scores, best first, ties in input order.

        Args:
            query: a text.
            texts: the texts to rank.
            top_k: number of results; all texts by default.
        """
        texts = list(texts)
        return ranked(self.scores(query, texts), texts, top_k)


def load_reranker(
    name: str | Path,
    *,
    compute: str = "auto",
    max_seq_length: int | None = None,
    revision: str | None = None,
) -> Reranker:
    """Load a cross-encoder, such as `cross-encoder/ms-marco-MiniLM-L6-v2`.

    Args:
        name: a hub id, or a folder.
        compute: number format of the network: `auto` (the one of bfloat16 and float32 that was
            measured to be faster on this processor), `float32` or `bfloat16`.
        max_seq_length: maximum number of tokens of a pair, if less than the checkpoint's.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelNotFoundError: the model was not found.
        DamagedFileError: a file is missing or damaged.
        UnsupportedModelError: it is not a cross-encoder, or its architecture is not supported.
        DownloadError: it is not on this machine and cannot be downloaded.
        InputError: an unknown compute.
    """
    started = time.perf_counter()
    location = locate(name, revision=revision, progress=progress_bar)
    config = replace(read_config(location.folder), modules=(), notes=())
    if max_seq_length is not None:
        length = checked_length(location, max_seq_length, 8, config.max_tokens)
        config = replace(config, max_tokens=length)
    tokenizer = read_pair_tokenizer(config)
    from likewise.engine.openvino.load import load_pair_runtime  # takes 0.1 s to import

    runtime = load_pair_runtime(config, pad_id=tokenizer.pad_id, compute=compute)
    reranker = Reranker(
        location,
        config,
        tokenizer,
        runtime,
        sigmoid=_has_sigmoid(location.folder, config),
        load_seconds=time.perf_counter() - started,
    )
    reranker.restore = restore_reranker
    return reranker


def restore_reranker(settings: Mapping[str, Any]) -> Reranker:
    """Load a pickled reranker.

    Args:
        settings: the pickled settings.

    Raises:
        FingerprintError: the checkpoint has changed, or gives other scores on this machine.
        LikewiseError: see `load_reranker`.
    """
    names = ("name", "revision", "compute", "max_seq_length")
    reranker = load_reranker(**{name: settings[name] for name in names})
    reranker.verify(settings["fingerprint"])
    return reranker


def is_cross_encoder(name: str | Path, *, revision: str | None = None) -> bool:
    """Whether a checkpoint is a cross-encoder, by the `architectures` in its config.json.

    Raises:
        ModelNotFoundError: the model was not found.
        DownloadError: it is not on this machine and cannot be downloaded.
    """
    folder = locate(name, revision=revision, progress=progress_bar).folder
    architectures = read_json(folder / "config.json", optional=True).get("architectures") or ()
    return any(str(network).endswith("ForSequenceClassification") for network in architectures)


_ACTIVATIONS: Mapping[str, bool] = MappingProxyType({"Sigmoid": True, "Identity": False})
"""Supported activations after the head, and whether they are a sigmoid."""


def _has_sigmoid(folder: Path, config: Config) -> bool:
    """Whether the activation after the head is a sigmoid, the default of sentence-transformers."""
    extra = read_json(folder / "config_sentence_transformers.json", optional=True)
    own: Any = config.network.get("sentence_transformers")
    stated = (
        extra.get("activation_fn")
        or (own.get("activation_fn") if isinstance(own, Mapping) else None)
        or config.network.get("sbert_ce_default_activation_function")
        or "torch.nn.modules.activation.Sigmoid"
    )
    is_sigmoid = _ACTIVATIONS.get(str(stated).rsplit(".", maxsplit=1)[-1])
    if is_sigmoid is None:
        raise UnsupportedModelError(
            f"{folder} has the activation {stated!r}, which is not supported",
            hint="supported: " + ", ".join(_ACTIVATIONS),
        )
    return is_sigmoid


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), np.float32)  # does not overflow
