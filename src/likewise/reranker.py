"""Cross-encoders: a query and a text are read together, which is slower and sees more."""

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

from likewise import vectors
from likewise.checkpoint.config import Config, read_config, read_json
from likewise.checkpoint.fingerprint import fingerprint
from likewise.engine.contract import Runtime
from likewise.errors import InputError, UnsupportedModelError
from likewise.hub.download import progress_bar
from likewise.hub.locate import Location, locate
from likewise.loaded_model import LoadedModel
from likewise.progress import Advance
from likewise.results import Ranked
from likewise.tokenization.pair_tokenizer import PairTokenizer, read_pair_tokenizer

WINDOW = 1024
"""Pairs that are tokenized and laid in batches together."""


class Reranker(LoadedModel):
    """A loaded cross-encoder. Made by `likewise.load_reranker`; safe in several threads.

    Attributes:
        sigmoid: whether scores are brought between 0 and 1, as the checkpoint says.
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
        """Tokens of a pair that are read, special ones included; the longer text is cut first."""
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
        """How well each text answers the query.

        Args:
            query: a text.
            texts: n texts.
            progress: told how many of them have just been finished.

        Returns:
            float32 `[n]`, in the order given, higher is better; between 0 and 1 where `sigmoid`.

        Raises:
            TextError: something is no string, or no valid Unicode; its index is told.
            EngineError: the engine refused.
        """
        if isinstance(texts, str):
            raise InputError("one text where several are expected", hint="pass a list of texts")
        found = np.empty(len(texts), np.float32)
        for start in range(0, len(texts), WINDOW):
            part = texts[start : start + WINDOW]
            rows = self._tokenizer.rows(query, part, start)
            found[start : start + len(part)] = self._runtime.embed(rows, progress)[:, 0]
        return _sigmoid(found) if self.sigmoid else found

    def rank(self, query: str, texts: Iterable[str], top_k: int | None = None) -> list[Ranked]:
        """Texts by their scores, best first; equal scores keep their order.

        Args:
            query: a text.
            texts: the texts to rank.
            top_k: how many to give; all of them when not given.
        """
        texts = list(texts)
        if not texts:
            return []
        best = vectors.top_k(
            self.scores(query, texts)[None], len(texts) if top_k is None else top_k
        )
        return [
            Ranked(int(i), float(s), texts[i])
            for i, s in zip(best.indices[0], best.scores[0], strict=True)
        ]


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
        compute: number format of the network: `auto` (bfloat16 or float32, whichever a timing
            has shown to be faster on this processor), `float32` or `bfloat16`.
        max_seq_length: read fewer tokens of a pair than the checkpoint allows.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelNotFoundError: no such model anywhere.
        DamagedFileError: a file is missing or damaged.
        UnsupportedModelError: it is no cross-encoder, or of a kind that cannot be run.
        DownloadError: it is not here and cannot be fetched.
        InputError: an unknown compute.
    """
    started = time.perf_counter()
    location = locate(name, revision=revision, progress=progress_bar)
    config = replace(read_config(location.folder), modules=(), notes=())
    if max_seq_length is not None:
        if not 8 <= max_seq_length <= config.max_tokens:
            raise InputError(
                f"max_seq_length is {max_seq_length}, {location.name} reads 8 to "
                f"{config.max_tokens} tokens",
                hint="choose a length in that range",
            )
        config = replace(config, max_tokens=max_seq_length)
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
    """Load a reranker again as it was when it was pickled.

    Args:
        settings: what `Reranker` was pickled as.

    Raises:
        FingerprintError: the checkpoint has changed since, or gives other scores on this machine.
        LikewiseError: see `load_reranker`.
    """
    names = ("name", "revision", "compute", "max_seq_length")
    reranker = load_reranker(**{name: settings[name] for name in names})
    reranker.verify(settings["fingerprint"])
    return reranker


def is_cross_encoder(name: str | Path, *, revision: str | None = None) -> bool:
    """Whether a checkpoint's `config.json` says that it judges pairs, not single texts.

    Raises:
        ModelNotFoundError: no such model anywhere.
        DownloadError: it is not here and cannot be fetched.
    """
    folder = locate(name, revision=revision, progress=progress_bar).folder
    stated = read_json(folder / "config.json", optional=True).get("architectures") or ()
    return any(str(network).endswith("ForSequenceClassification") for network in stated)


_ACTIVATIONS: Mapping[str, bool] = MappingProxyType({"Sigmoid": True, "Identity": False})
"""What a checkpoint may ask for behind its head, and whether that is a sigmoid."""


def _has_sigmoid(folder: Path, config: Config) -> bool:
    """Whether the checkpoint wants scores between 0 and 1, as it does where it says nothing."""
    extra = read_json(folder / "config_sentence_transformers.json", optional=True)
    own: Any = config.network.get("sentence_transformers")
    stated = (
        extra.get("activation_fn")
        or (own.get("activation_fn") if isinstance(own, Mapping) else None)
        or config.network.get("sbert_ce_default_activation_function")
        or "torch.nn.modules.activation.Sigmoid"
    )
    known = _ACTIVATIONS.get(str(stated).rsplit(".", maxsplit=1)[-1])
    if known is None:
        raise UnsupportedModelError(
            f"{folder} asks for the activation {stated!r}, which is not known here",
            hint="known: " + ", ".join(_ACTIVATIONS),
        )
    return known


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), np.float32)  # overflows nowhere
