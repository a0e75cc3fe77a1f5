"""The dialect of OpenAI: `/v1/embeddings` and `/v1/models`. Jina's embeddings share the address.

Source: OpenAI's API reference, "Embeddings" and "Models".
"""

from __future__ import annotations

import base64
import time
from typing import Annotated, Any, Literal

import msgspec
import orjson

from likewise.errors import LikewiseError, ModelNotFoundError, TooLongError
from likewise.server import jina
from likewise.server.embedding import (
    Embeddings,
    EmbeddingService,
    EmbedOptions,
    Role,
    split_role,
)
from likewise.server.http import JSON, Dialect, Request, Response, Route, Routes
from likewise.server.inputs import read_inputs
from likewise.server.options import header_options, header_role


class EmbeddingsBody(jina.JinaFields, kw_only=True):
    """The body of `POST /v1/embeddings`."""

    input: str | list[Any]
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: Annotated[int, msgspec.Meta(ge=1)] | None = None
    user: str | None = None


_decoder = msgspec.json.Decoder(EmbeddingsBody)


def routes(service: EmbeddingService) -> Routes:
    """The addresses of this dialect."""
    dialect = Dialect(error_form, {TooLongError: 400})

    async def embeddings(request: Request) -> Response:
        body = await request.json(_decoder)
        if not body.is_jina:
            return await embed(request, body, header_role(request), EmbedOptions(body.dimensions))
        try:
            options = body.options(EmbedOptions(body.dimensions))
            return await embed(request, body, header_role(request) or body.role(), options)
        except LikewiseError as error:
            return jina.DIALECT.response(error)

    async def embed(
        request: Request, body: EmbeddingsBody, role: Role | None, options: EmbedOptions
    ) -> Response:
        target = await service.target(body.model, role)
        if prompt_name := body.prompt_name(target.encoder):
            target = await service.target(body.model, prompt_name=prompt_name)
        texts, rows = read_inputs(body.input)
        if rows:
            texts = await service.texts_of(target, rows)
        options = header_options(request, options)
        found = await request.wait_for(service.embed(target, texts, options))
        content = (
            _answer(found, body)
            if not body.embedding_type
            else jina.answer(found, body.embedding_type)
        )
        return Response(content, headers=(JSON, *found.headers))

    async def models(_request: Request) -> Response:
        data = [_model(name) for name in await service.names()]
        return Response(orjson.dumps({"object": "list", "data": data}))

    async def model(request: Request) -> Response:
        name = request.scope["path"].removeprefix("/v1/models/")
        base, _ = split_role(name)
        if base not in await service.names():
            raise ModelNotFoundError(
                f"the model {name!r} is not served here", hint="/v1/models lists those that are"
            )
        return Response(orjson.dumps(_model(name)))

    return {
        ("POST", "/v1/embeddings"): Route(embeddings, dialect),
        ("GET", "/v1/models"): Route(models, dialect),
        ("GET", "/v1/models/*"): Route(model, dialect),
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


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": int(time.time()), "owned_by": "likewise"}


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
