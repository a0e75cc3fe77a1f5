"""Scores of documents for a query: by a cross-encoder, or by the vectors of an encoder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.encoder import Encoder
from likewise.errors import InputError, TooLongError
from likewise.reranker import Reranker
from likewise.results import PairScores
from likewise.server.batch_queue import Timing
from likewise.server.embedding import EmbeddingService, EmbedOptions, split_role
from likewise.server.http import EmptyInputError, Headers
from likewise.server.request_record import record_usage
from likewise.server.truncation import keep_start
from likewise.server.worker import Worker
from likewise.tokenization.valid_texts import check_text

PAIRS = 32
"""Pairs that a cross-encoder reads at once."""


@dataclass(frozen=True)
class RankRequest:
    """Documents to score.

    Attributes:
        query: a text.
        documents: n texts.
        model: a cross-encoder, or any other model; the default when None.
        options: what becomes of texts over the model's limit.
        sigmoid: bring scores of a cross-encoder between 0 and 1.
        max_tokens: read only this many tokens of each document.
    """

    query: str
    documents: Sequence[str]
    model: str | None = None
    options: EmbedOptions = field(default_factory=EmbedOptions)
    sigmoid: bool = True
    max_tokens: int | None = None


@dataclass(frozen=True)
class Reranked:
    """Scores of the documents of a request.

    Attributes:
        model: the model's name in the request.
        scores: float32 `[n]`, in the order of the documents, higher is better.
        scored_by: a cross-encoder's score, or the similarity of vectors.
        tokens: tokens that were read.
        truncated: documents that were truncated.
        limit: tokens that the model reads.
        timing: how long it waited, and how long it took.
    """

    model: str
    scores: NDArray[np.float32]
    scored_by: Literal["cross-encoder", "embeddings"]
    tokens: int
    truncated: int
    limit: int
    timing: Timing

    def order(self, top_n: int | None = None) -> list[int]:
        """Places of the best documents; equal scores keep their order."""
        best = np.argsort(-self.scores, kind="stable")
        return [int(place) for place in best[:top_n]]

    @property
    def headers(self) -> Headers:
        """What scored the documents, and the truncation receipt."""
        return [
            (b"x-likewise-scored-by", self.scored_by.encode()),
            (b"x-likewise-tokens-read", b"%d" % self.tokens),
            (b"x-likewise-token-limit", b"%d" % self.limit),
            (b"x-likewise-truncated", b"%d" % self.truncated),
        ]


@dataclass
class RerankService:
    """Ranks documents.

    Attributes:
        service: finds models, and encodes.
        worker: runs cross-encoders.
        default_model: the model of requests that name none.
    """

    service: EmbeddingService
    worker: Worker
    default_model: str

    async def model(self, name: str | None) -> Encoder | Reranker:
        """The model of a name, with or without a role.

        Raises:
            ModelNotFoundError: it is not served.
        """
        base, _ = split_role(name or self.default_model)
        return await self.service.models.scorer(self.service.aliases.get(base, base))

    async def score(self, request: RankRequest) -> Reranked:
        """Score documents.

        Raises:
            ModelNotFoundError: the model is not served.
            InputError: nothing to score, or an option the model does not have.
            OverloadedError: too much is waiting.
        """
        if not request.query:
            raise EmptyInputError("the query is empty", hint="send a text")
        if not request.documents:
            raise EmptyInputError("there are no documents", hint="send a list of texts")
        for index, text in enumerate((request.query, *request.documents)):
            check_text(text, index)
        request = replace(request, model=request.model or self.default_model)
        model = await self.model(request.model)
        if isinstance(model, Reranker):
            return await self._by_pairs(model, request)
        return await self._by_vectors(model, request)

    async def _by_pairs(self, model: Reranker, request: RankRequest) -> Reranked:
        if request.options.truncation == "chunk" or request.options.keep == "end":
            raise InputError(
                f"{model.name} is a cross-encoder and reads the beginning of long texts only",
                hint="truncate texts at their end",
            )
        timing = Timing(time.perf_counter())

        def compute(part: Sequence[str]) -> PairScores:
            timing.started = timing.started or time.perf_counter()
            if request.max_tokens:
                part = [model.shorten(text, request.max_tokens) for text in part]
            return model.score(request.query, part, sigmoid=request.sigmoid)

        texts = request.documents
        found = await self.worker.run(
            compute, [texts[start : start + PAIRS] for start in range(0, len(texts), PAIRS)]
        )
        timing.ended = time.perf_counter()
        truncated = np.concatenate([part.truncated for part in found])
        if request.options.truncation == "error" and truncated.any():
            index = int(np.flatnonzero(truncated)[0])
            raise TooLongError(
                f"document {index} and the query have more than the {model.max_seq_length} tokens "
                "that the model reads",
                hint="shorten them, or allow truncation",
                index=index,
            )
        tokens = sum(int(part.tokens.sum()) for part in found)
        record_usage([request.query, *texts], tokens)
        return Reranked(
            request.model or "",
            np.concatenate([part.scores for part in found]),
            "cross-encoder",
            tokens,
            int(truncated.sum()),
            model.max_seq_length,
            timing,
        )

    async def _by_vectors(self, model: Encoder, request: RankRequest) -> Reranked:
        base, _ = split_role(request.model or "")
        documents = request.documents
        if request.max_tokens:
            documents = await asyncio.to_thread(keep_start, model, documents, request.max_tokens)
        asked, given = await asyncio.gather(
            self.service.target(base, "query"), self.service.target(base, "document")
        )
        one, many = await asyncio.gather(
            self.service.embed(asked, [request.query], request.options),
            self.service.embed(given, documents, request.options),
        )
        compare = partial(vectors.similarity, measure=model.similarity_fn_name)
        scores = await asyncio.to_thread(compare, one.vectors, many.vectors)
        return Reranked(
            request.model or "",
            scores[0],
            "embeddings",
            one.tokens + many.tokens,
            one.truncated + many.truncated,
            model.max_seq_length,
            many.timing,
        )
