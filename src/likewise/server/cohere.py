"""The dialect of Cohere: `/v1/rerank`, `/v2/rerank`, `/v1/embed`, `/v2/embed`.

Jina reranks at `/v1/rerank`, too. Answers and errors have the fields of both; a model whose name
begins with `jina` returns the documents unless the request says otherwise, as Jina does.

Source: the API references of Cohere and Jina, "Rerank" and "Embed".
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
import orjson

from likewise.errors import TooLongError
from likewise.server.embedding import EmbeddingService, EmbedOptions, Role
from likewise.server.http import (
    JSON,
    BadRequestError,
    Dialect,
    EmptyInputError,
    Request,
    Response,
    Route,
    Routes,
)
from likewise.server.inputs import MOST_DOCUMENTS, check_count, read_inputs, text_of
from likewise.server.options import header_options, header_role
from likewise.server.quantization import EmbeddingType, formatted
from likewise.server.reranking import RankRequest, RerankService

UNIT = 100
"""Documents of one search unit."""

Positive = Annotated[int, msgspec.Meta(ge=1)]

ROLES: dict[str, Role] = {"search_query": "query", "search_document": "document"}
"""Input types that are roles; others name a prompt, where the model has it."""


class RerankBody(msgspec.Struct):
    """The body of `/v1/rerank` and `/v2/rerank`."""

    query: str
    documents: list[str | dict[str, Any]]
    model: str | None = None
    top_n: Positive | None = None
    return_documents: bool | None = None
    rank_fields: list[str] | None = None
    max_tokens_per_doc: Positive | None = None
    relevant_spans: Any = None


class EmbedBody(msgspec.Struct):
    """The body of `/v1/embed` and `/v2/embed`."""

    texts: list[str] | None = None
    inputs: list[dict[str, Any]] | None = None
    images: Any = None
    model: str | None = None
    input_type: str | None = None
    embedding_types: list[EmbeddingType] | None = None
    truncate: Literal["NONE", "START", "END"] | None = None
    output_dimension: Positive | None = None
    max_tokens: Positive | None = None


_rerank = msgspec.json.Decoder(RerankBody)
_embed = msgspec.json.Decoder(EmbedBody)


def error_form(status: int, message: str, hint: str = "", error: object = None) -> bytes:  # noqa: ARG001
    """An error as Cohere writes it in `message`, and Jina in `detail`."""
    text = f"{message} ({hint})" if hint else message
    return orjson.dumps({"id": str(uuid.uuid4()), "message": text, "detail": text})


def routes(service: EmbeddingService, reranking: RerankService) -> Routes:
    """The addresses of this dialect."""
    dialect = Dialect(error_form, {TooLongError: 400})

    def route(
        handler: Callable[[str, Any, Request], Awaitable[Response]], version: str, engine: Any
    ) -> Route:
        return Route(partial(handler, version, engine), dialect)

    return {
        ("POST", "/v1/rerank"): route(rerank, "1", reranking),
        ("POST", "/v2/rerank"): route(rerank, "2", reranking),
        ("POST", "/v1/embed"): route(embed, "1", service),
        ("POST", "/v2/embed"): route(embed, "2", service),
    }


async def rerank(version: str, reranking: RerankService, request: Request) -> Response:
    """Answer `/v1/rerank` and `/v2/rerank`."""
    body = await request.json(_rerank)
    check_count(body.documents, "documents", MOST_DOCUMENTS)
    if body.relevant_spans:
        raise BadRequestError("relevant_spans is not supported", hint="leave it out")
    texts = [_document(each, body, index) for index, each in enumerate(body.documents)]
    options = header_options(request, EmbedOptions())
    asked = RankRequest(body.query, texts, body.model, options, max_tokens=body.max_tokens_per_doc)
    found = await request.wait_for(reranking.score(asked))
    with_documents = body.return_documents
    if with_documents is None:
        with_documents = found.model.startswith("jina")
    results = []
    for index in found.order(body.top_n):
        result: dict[str, Any] = {
            "index": index,
            "relevance_score": float(found.scores[index]),
        }
        if with_documents:
            given = body.documents[index]
            result["document"] = {"text": given} if isinstance(given, str) else given
        results.append(result)
    units = -(-len(texts) // UNIT)
    answer = {
        "id": str(uuid.uuid4()),
        "object": "list",
        "model": found.model,
        "results": results,
        "usage": {"total_tokens": found.tokens},
        "meta": {"api_version": {"version": version}, "billed_units": {"search_units": units}},
    }
    return Response(orjson.dumps(answer), headers=(JSON, *found.headers))


async def embed(version: str, service: EmbeddingService, request: Request) -> Response:
    """Answer `/v1/embed` and `/v2/embed`."""
    body = await request.json(_embed)
    texts = _texts(body)
    kind = body.input_type or ""
    target = await service.target(body.model, header_role(request) or ROLES.get(kind))
    if kind in target.encoder.prompts:
        target = await service.target(body.model, prompt_name=kind)
    if body.max_tokens and body.max_tokens < target.encoder.max_seq_length:
        raise BadRequestError(
            f"max_tokens is not supported; {target.encoder.name} reads "
            f"{target.encoder.max_seq_length} tokens",
            hint="leave it out",
        )
    options = EmbedOptions(
        body.output_dimension,
        "error" if body.truncate == "NONE" else "cut",
        "end" if body.truncate == "START" else "start",
    )
    options = header_options(request, options)
    found = await request.wait_for(service.embed(target, texts, options))
    types = body.embedding_types or ["float"]
    embeddings: Any = {name: formatted(found.vectors, name) for name in types}
    plain = version == "1" and not body.embedding_types
    answer = {
        "id": str(uuid.uuid4()),
        "texts": texts,
        "embeddings": embeddings["float"] if plain else embeddings,
        "meta": {
            "api_version": {"version": version},
            "billed_units": {"input_tokens": found.tokens},
        },
        "response_type": "embeddings_floats" if plain else "embeddings_by_type",
    }
    content = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, headers=(JSON, *found.headers))


def _document(given: str | dict[str, Any], body: RerankBody, index: int) -> str:
    """The text of a document: itself, its `text`, or the fields that are to be ranked."""
    if isinstance(given, str):
        return given
    if body.rank_fields is None:
        return str(text_of(given, f"documents[{index}]"))
    missing = [name for name in body.rank_fields if name not in given]
    if missing:
        raise BadRequestError(f"documents[{index}] has no field {missing[0]!r}")
    return "\n".join(f"{name}: {given[name]}" for name in body.rank_fields)


def _texts(body: EmbedBody) -> list[str]:
    if body.images:
        raise BadRequestError("images cannot be encoded", hint="send texts")
    if body.texts is not None:
        return read_inputs(list(body.texts), "texts").texts
    if not body.inputs:
        raise EmptyInputError("there are no texts", hint="send a list of texts")
    check_count(body.inputs, "inputs")
    return [_content(each, index) for index, each in enumerate(body.inputs)]


def _content(given: dict[str, Any], index: int) -> str:
    """The text of `{"content": [{"type": "text", "text": …}]}`."""
    parts = given.get("content")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise BadRequestError(f"inputs[{index}] has no content")
    return "\n".join(str(text_of(part, f"inputs[{index}]")) for part in parts)
