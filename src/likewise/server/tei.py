"""The dialect of text-embeddings-inference.

Source: its OpenAPI page and its router. A request may also name a `model`. Vectors of a model that
normalizes them are of length 1 with `normalize: false`, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import orjson

import likewise
from likewise import errors, vectors
from likewise.engine.cores import usable_cores
from likewise.errors import InputError, UnsupportedModelError
from likewise.reranker import Reranker
from likewise.server import http
from likewise.server.batch_queue import Timing
from likewise.server.embedding import (
    Embeddings,
    EmbeddingService,
    EmbedOptions,
    Target,
    refuse_truncated,
)
from likewise.server.http import JSON, BadRequestError, Request, Response, Route, Routes
from likewise.server.inputs import MOST_TEXTS, check_count, read_inputs
from likewise.server.options import header_options, header_role
from likewise.server.request_record import record_usage
from likewise.server.reranking import RankRequest, Reranked, RerankService
from likewise.server.tei_bodies import (
    DecodeBody,
    EmbedBody,
    PredictBody,
    RerankBody,
    RootBody,
    SimilarityBody,
    TokenizeBody,
    TruncationFields,
)
from likewise.server.truncation import keep_end
from likewise.wording import counted

MOST_CHARACTERS = 200_000
"""Characters of a text for `/tokenize`."""

TEXTS_AT_ONCE = 16
"""Texts whose token states are computed together."""

_embed = msgspec.json.Decoder(EmbedBody)
_similarity = msgspec.json.Decoder(SimilarityBody)
_rerank = msgspec.json.Decoder(RerankBody)
_predict = msgspec.json.Decoder(PredictBody)
_tokenize = msgspec.json.Decoder(TokenizeBody)
_decode = msgspec.json.Decoder(DecodeBody)
_root = msgspec.json.Decoder(RootBody)

_STATUSES = {
    http.EmptyInputError: 400,
    http.BadRequestError: 422,
    http.TooManyTextsError: 413,
    errors.InputError: 413,
    errors.TooLongError: 413,
    errors.TextError: 422,
    errors.UnsupportedModelError: 424,
    errors.CheckpointError: 424,
    errors.DamagedFileError: 424,
    errors.EngineError: 424,
}


def error_form(status: int, message: str, hint: str = "", error: object = None) -> bytes:
    """An error as text-embeddings-inference writes it."""
    kinds = {400: "Empty", 424: "Backend", 429: "Overloaded", 500: "Backend", 503: "Unhealthy"}
    kind = "Tokenizer" if type(error) is errors.TextError else kinds.get(status, "Validation")
    text = f"{message} ({hint})" if hint else message
    return orjson.dumps({"error": text, "error_type": kind})


DIALECT = http.Dialect(error_form, _STATUSES)


def routes(service: EmbeddingService, reranking: RerankService) -> Routes:
    """The addresses of this dialect."""
    server = _Routes(service, reranking)

    def post(handler: Callable[[Request, bytes], Awaitable[Response]]) -> Route:
        async def handle(request: Request) -> Response:
            return await handler(request, await request.body())

        return Route(handle, DIALECT)

    health = Route(_health, DIALECT)
    return {
        ("POST", "/embed"): post(server.embed),
        ("POST", "/embed_all"): post(server.embed_all),
        ("POST", "/embed_sparse"): post(_embed_sparse),
        ("POST", "/similarity"): post(server.similarity),
        ("POST", "/rerank"): post(server.rerank),
        ("POST", "/predict"): post(server.predict),
        ("POST", "/tokenize"): post(server.tokenize),
        ("POST", "/decode"): post(server.decode),
        ("POST", "/"): post(server.root),
        ("POST", "/invocations"): post(server.root),
        ("GET", "/info"): Route(server.info, DIALECT),
        ("GET", "/health"): health,
        ("GET", "/ping"): health,
    }


class _Routes:
    def __init__(self, service: EmbeddingService, reranking: RerankService) -> None:
        self._service = service
        self._reranking = reranking

    async def embed(self, request: Request, content: bytes) -> Response:
        started = time.perf_counter()
        body = http.decode(_embed, content)
        target = await self._target(request, body)
        texts = await self._texts(target, body.inputs)
        options = body.options(normalize=body.normalize, dimensions=body.dimensions)
        options = header_options(request, options)
        found = await request.wait_for(self._service.embed(target, texts, options))
        return _answer(found.vectors, found, started, texts)

    async def embed_all(self, request: Request, content: bytes) -> Response:
        started = time.perf_counter()
        body = http.decode(_embed, content)
        target = await self._target(request, body)
        texts = await self._texts(target, body.inputs)
        options = header_options(request, body.options())
        work = self._token_states(target, texts, options)
        found, states = await request.wait_for(work)
        return _answer(states, found, started, texts)

    async def _token_states(
        self, target: Target, texts: Sequence[str], options: EmbedOptions
    ) -> tuple[Embeddings, list[Any]]:
        encoder, prefix = target.encoder, target.prefix
        if options.truncation == "chunk":
            raise InputError("token states of chunks cannot be joined", hint="use cut or error")
        timing = Timing(time.perf_counter())

        def compute(part: Sequence[str]) -> tuple[Any, Any, list[Any]]:
            timing.started = timing.started or time.perf_counter()
            dropped: Any = 0
            if options.keep == "end" and options.truncation == "cut":
                part, dropped = keep_end(encoder, prefix, part)
            counts = encoder.count_tokens([prefix + text for text in part], exact=False)
            seen = np.array([count.seen for count in counts], np.int64) + dropped
            read = np.array([count.kept for count in counts], np.int64)
            if options.truncation == "error":
                refuse_truncated(seen, read, encoder.max_seq_length)
            return seen, read, encoder.encode(part, prompt=prefix, output_value="token_embeddings")

        parts = [texts[n : n + TEXTS_AT_ONCE] for n in range(0, len(texts), TEXTS_AT_ONCE)]
        done = await self._reranking.worker.run(compute, parts)
        timing.ended = time.perf_counter()
        seen, read = (np.concatenate([part[n] for part in done]) for n in (0, 1))
        record_usage(texts, int(read.sum()))
        empty = np.empty((0, encoder.dimension), np.float32)
        states = [state for part in done for state in part[2]]
        return Embeddings(target, empty, seen, read, timing), states

    async def similarity(self, request: Request, content: bytes) -> Response:
        started = time.perf_counter()
        body = http.decode(_similarity, content)
        fields = body.parameters or TruncationFields()
        fields.model = body.model or fields.model
        target = await self._target(request, fields)
        others = read_inputs(body.inputs.sentences, "inputs.sentences").texts
        texts = [body.inputs.source_sentence, *others]
        options = header_options(request, fields.options())
        found = await request.wait_for(self._service.embed(target, texts, options))
        scores = vectors.cosine(found.vectors[0], found.vectors[1:])[0]
        return _answer(scores, found, started, texts)

    async def rerank(self, request: Request, content: bytes) -> Response:
        started = time.perf_counter()
        body = http.decode(_rerank, content)
        check_count(body.texts, "texts")
        asked = RankRequest(
            body.query,
            body.texts,
            body.model,
            header_options(request, body.options()),
            sigmoid=not body.raw_scores,
        )
        found = await request.wait_for(self._reranking.score(asked))
        ranks: list[dict[str, Any]] = []
        for index in found.order():
            text = {"text": body.texts[index]} if body.return_text else {}
            ranks.append({"index": index, **text, "score": float(found.scores[index])})
        texts = [body.query * len(body.texts), *body.texts]
        return _answer(ranks, found, started, texts)

    async def predict(self, request: Request, content: bytes) -> Response:
        started = time.perf_counter()
        body = http.decode(_predict, content)
        model = await self._reranking.model(body.model)
        if not isinstance(model, Reranker):
            raise UnsupportedModelError(
                f"{model.name} is not a classifier", hint="name a cross-encoder as the model"
            )
        pairs, single = _pairs(body.inputs)
        options = header_options(request, body.options())
        label = str((model.config.network.get("id2label") or {}).get("0", "LABEL_0"))
        rows, scored = [], []
        for query, text in pairs:
            asked = RankRequest(query, [text], body.model, options, sigmoid=not body.raw_scores)
            found = await request.wait_for(self._reranking.score(asked))
            rows.append([{"score": float(found.scores[0]), "label": label}])
            scored.append(found)
        first, last = scored[0].timing, scored[-1].timing
        total = replace(
            scored[0],
            tokens=sum(each.tokens for each in scored),
            truncated=sum(each.truncated for each in scored),
            timing=Timing(first.submitted, first.started, last.ended),
        )
        texts = [text for pair in pairs for text in pair]
        return _answer(rows[0] if single else rows, total, started, texts)

    async def tokenize(self, _request: Request, content: bytes) -> Response:
        body = http.decode(_tokenize, content)
        target = await self._service.target(body.model, prompt_name=body.prompt_name)
        texts = read_inputs(body.inputs, "inputs").texts
        for index, text in enumerate(texts):
            if len(text) > MOST_CHARACTERS:
                raise InputError(
                    f"inputs[{index}] has {counted(len(text), 'character')}, "
                    f"at most {MOST_CHARACTERS:,} are allowed",
                    hint="send it in parts",
                )

        def describe() -> bytes:
            rows = (target.encoder.describe_tokens(target.prefix + text) for text in texts)
            return orjson.dumps(
                [[t for t in row if body.add_special_tokens or not t.special] for row in rows]
            )

        return Response(await asyncio.to_thread(describe))

    async def decode(self, _request: Request, content: bytes) -> Response:
        body = http.decode(_decode, content)
        target = await self._service.target(body.model)
        rows = read_inputs(body.ids, "ids").rows

        def texts() -> list[str]:
            skip = body.skip_special_tokens
            return [target.encoder.decode_tokens(row, skip_special_tokens=skip) for row in rows]

        return Response(orjson.dumps(await asyncio.to_thread(texts)))

    async def root(self, request: Request, content: bytes) -> Response:
        body = http.decode(_root, content)
        if body.texts is not None:
            return await self.rerank(request, content)
        if isinstance(body.inputs, dict):
            return await self.similarity(request, content)
        return await self.embed(request, content)

    async def info(self, _request: Request) -> Response:
        name = self._service.default_model
        encoder = (await self._service.target(name)).encoder
        facts = {
            "model_id": name,
            "model_sha": encoder.location.commit,
            "model_dtype": encoder.compute,
            "model_type": {"embedding": {"pooling": "+".join(encoder.config.pooling.modes)}},
            "max_concurrent_requests": MOST_TEXTS,
            "max_input_length": encoder.max_seq_length,
            "max_batch_tokens": self._service.batcher.budget,
            "max_batch_requests": None,
            "max_client_batch_size": MOST_TEXTS,
            "auto_truncate": False,
            "tokenization_workers": usable_cores(),
            "version": likewise.__version__,
            "sha": None,
            "docker_label": None,
        }
        return Response(orjson.dumps(facts))

    async def _target(self, request: Request, body: TruncationFields) -> Target:
        role = header_role(request)
        return await self._service.target(body.model, role, prompt_name=body.prompt_name)

    async def _texts(self, target: Target, given: Any) -> list[str]:
        texts, rows = read_inputs(given, "inputs")
        return await self._service.texts_of(target, rows) if rows else texts


async def _health(_request: Request) -> Response:
    return Response(b"", headers=())


async def _embed_sparse(_request: Request, _content: bytes) -> Response:
    raise UnsupportedModelError(
        "sparse embeddings are not supported", hint="use /embed for dense ones"
    )


def _pairs(given: Any) -> tuple[list[tuple[str, str]], bool]:
    """The pairs of `/predict`, and whether it was a single one.

    Raises:
        BadRequestError: no pairs of texts.
    """
    single = isinstance(given, list) and all(isinstance(each, str) for each in given)
    try:
        pairs = msgspec.convert([given] if single else given, list[tuple[str, str]])
    except msgspec.ValidationError as error:
        raise BadRequestError(
            "inputs is no pair of texts", hint="send [text, text], or a list of such pairs"
        ) from error
    if not pairs:
        raise http.EmptyInputError("inputs is empty", hint="send a pair of texts")
    check_count(pairs, "inputs")
    return pairs, single


def _answer(
    result: Any, found: Embeddings | Reranked, started: float, texts: Sequence[str]
) -> Response:
    """An answer with the headers of text-embeddings-inference; times are in milliseconds.

    Texts are tokenized as a part of inference.
    """
    content = orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY)
    total = time.perf_counter() - started
    timing = found.timing
    figures = {
        b"x-compute-time": total * 1000,
        b"x-compute-characters": sum(map(len, texts)),
        b"x-compute-tokens": found.tokens,
        b"x-total-time": total * 1000,
        b"x-tokenization-time": 0,
        b"x-queue-time": (timing.started - timing.submitted) * 1000,
        b"x-inference-time": (timing.ended - timing.started) * 1000,
    }
    numbers = [(name, b"%d" % figure) for name, figure in figures.items()]
    return Response(content, headers=(JSON, *found.headers, (b"x-compute-type", b"cpu"), *numbers))
