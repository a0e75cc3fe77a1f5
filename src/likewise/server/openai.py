"""The dialect of OpenAI: `/v1/embeddings` and `/v1/models`.

Source: OpenAI's API reference, "Embeddings" and "Models".
"""

from __future__ import annotations

import base64
import time
from typing import Annotated, Any, Literal

import msgspec
import orjson

from likewise.errors import ModelNotFoundError, TooLongError
from likewise.server.embedding import Embeddings, EmbeddingService, EmbedOptions
from likewise.server.http import JSON, BadRequestError, Dialect, Request, Response, Route, Routes
from likewise.server.options import header_options, header_role

MOST_TEXTS = 2048
"""Texts of one request, as at OpenAI."""

Row = Annotated[list[int], msgspec.Meta(min_length=1)]


class EmbeddingsBody(msgspec.Struct):
    """The body of `POST /v1/embeddings`."""

    input: str | list[Any]
    model: str | None = None
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, msgspec.Meta(ge=1)] | None = None
    user: str | None = None


_decoder = msgspec.json.Decoder(EmbeddingsBody)


def routes(service: EmbeddingService) -> Routes:
    """The addresses of this dialect."""
    dialect = Dialect(error_form, {TooLongError: 400})

    async def embeddings(request: Request) -> Response:
        body = await request.json(_decoder)
        target = await service.target(body.model, header_role(request))
        texts, rows = _inputs(body.input)
        if rows:
            texts = await service.texts_of(target, rows)
        options = header_options(request, EmbedOptions(body.dimensions))
        found = await request.wait_for(service.embed(target, texts, options))
        return Response(_answer(found, body), headers=(JSON, *found.headers))

    async def models(_request: Request) -> Response:
        created = int(time.time())
        data = [
            {"id": name, "object": "model", "created": created, "owned_by": "likewise"}
            for name in await service.names()
        ]
        return Response(orjson.dumps({"object": "list", "data": data}))

    return {
        ("POST", "/v1/embeddings"): Route(embeddings, dialect),
        ("GET", "/v1/models"): Route(models, dialect),
    }


def error_form(status: int, message: str, hint: str = "", error: object = None) -> bytes:
    """An error as OpenAI writes it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    code = "model_not_found" if isinstance(error, ModelNotFoundError) else codes.get(status)
    param = "model" if isinstance(error, ModelNotFoundError) else None
    text = f"{message} ({hint})" if hint else message
    return orjson.dumps({"error": {"message": text, "type": kind, "param": param, "code": code}})


def _inputs(given: str | list[Any]) -> tuple[list[str], list[list[int]]]:
    """The texts of a body, or its rows of token ids."""
    if isinstance(given, str):
        given = [given]
    if not given:
        raise BadRequestError("input is empty", hint="send a text or a list of texts")
    if all(type(each) is int for each in given):
        given = [given]
    if len(given) > MOST_TEXTS:
        raise BadRequestError(
            f"input has {len(given):,} texts, at most {MOST_TEXTS:,} are allowed in one request",
            hint="send them in several requests",
        )
    if all(type(each) is str for each in given):
        if "" in given:
            raise BadRequestError(f"input[{given.index('')}] is empty", hint="leave it out")
        return given, []
    try:
        return [], msgspec.convert(given, list[Row])
    except msgspec.ValidationError as error:
        raise BadRequestError(
            "input is neither a text, nor a list of texts, nor token ids"
        ) from error


def _answer(found: Embeddings, body: EmbeddingsBody) -> bytes:
    if body.encoding_format == "base64":
        rows = [b'"%s"' % base64.b64encode(row.astype("<f4").tobytes()) for row in found.vectors]
    else:
        rows = [orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY) for row in found.vectors]
    data = b",".join(
        b'{"object":"embedding","index":%d,"embedding":%s}' % pair for pair in enumerate(rows)
    )
    return (
        b'{"object":"list","data":[%s],"model":%s,"usage":{"prompt_tokens":%d,"total_tokens":%d}}'
    ) % (data, orjson.dumps(found.target.name), found.tokens, found.tokens)
