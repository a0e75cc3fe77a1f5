"""The dialect of Ollama, as far as it is about embeddings.

Models may be named with the tag `:latest`; `/api/tags` lists them so. `options` and `keep_alive`
are accepted and change nothing: models are loaded on first use, and dropped by use.

Source: Ollama's API reference.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import orjson

import likewise
from likewise.checkpoint.config import read_json
from likewise.checkpoint.inventory import Installed, inventory
from likewise.encoder import Encoder
from likewise.errors import ModelNotFoundError, TooLongError
from likewise.server.embedding import EmbeddingService, EmbedOptions
from likewise.server.http import JSON, BadRequestError, Dialect, Request, Response, Route, Routes
from likewise.server.inputs import check_count
from likewise.server.options import header_options, header_role

TAG = ":latest"
_FORMATS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "int8": "Q8_0"}


class EmbedBody(msgspec.Struct):
    """The body of `/api/embed`."""

    model: str
    input: str | list[str] = ""
    truncate: bool | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1)] | None = None
    options: Any = None
    keep_alive: Any = None


class EmbeddingsBody(msgspec.Struct):
    """The body of `/api/embeddings`, the older form."""

    model: str
    prompt: str = ""
    options: Any = None
    keep_alive: Any = None


class ShowBody(msgspec.Struct):
    """The body of `/api/show`; older clients send `name`."""

    model: str = ""
    name: str = ""


_embed = msgspec.json.Decoder(EmbedBody)
_embeddings = msgspec.json.Decoder(EmbeddingsBody)
_show = msgspec.json.Decoder(ShowBody)


def error_form(status: int, message: str, hint: str = "", error: object = None) -> bytes:  # noqa: ARG001
    """An error as Ollama writes it."""
    return orjson.dumps({"error": f"{message} ({hint})" if hint else message})


def routes(service: EmbeddingService) -> Routes:
    """The addresses of this dialect."""
    server = _Routes(service)
    dialect = Dialect(error_form, {TooLongError: 400})
    handlers = {
        ("POST", "/api/embed"): server.embed,
        ("POST", "/api/embeddings"): server.embeddings,
        ("POST", "/api/show"): server.show,
        ("GET", "/api/tags"): server.tags,
        ("GET", "/api/ps"): server.loaded,
        ("GET", "/api/version"): server.version,
    }
    return {address: Route(handler, dialect) for address, handler in handlers.items()}


class _Routes:
    def __init__(self, service: EmbeddingService) -> None:
        self._service = service

    async def embed(self, request: Request) -> Response:
        started = time.perf_counter_ns()
        body = await request.json(_embed)
        texts = body.input if isinstance(body.input, list) else [body.input]
        check_count(texts, "input")
        texts = [] if texts == [""] else texts
        target = await self._service.target(_name(body.model), header_role(request))
        loaded = time.perf_counter_ns()
        options = EmbedOptions(
            body.dimensions, "error" if body.truncate is False else "cut", normalize=True
        )
        options = header_options(request, options)
        found = await request.wait_for(self._service.embed(target, texts, options))
        answer = {
            "model": body.model,
            "embeddings": found.vectors,
            "total_duration": time.perf_counter_ns() - started,
            "load_duration": loaded - started,
            "prompt_eval_count": found.tokens,
        }
        return Response(_json(answer), headers=(JSON, *found.headers))

    async def embeddings(self, request: Request) -> Response:
        body = await request.json(_embeddings)
        target = await self._service.target(_name(body.model), header_role(request))
        texts = [body.prompt] if body.prompt else []
        options = header_options(request, EmbedOptions())
        found = await request.wait_for(self._service.embed(target, texts, options))
        vector = found.vectors[0] if texts else []
        return Response(_json({"embedding": vector}), headers=(JSON, *found.headers))

    async def show(self, request: Request) -> Response:
        body = await request.json(_show)
        if not (name := body.model or body.name):
            raise BadRequestError("model is missing", hint="name a model")
        encoder = (await self._service.target(_name(name))).encoder
        family = encoder.config.model_type
        entry = encoder.location.entry
        changed = encoder.location.folder.stat().st_mtime
        answer = {
            "modelfile": "",
            "parameters": "",
            "template": "{{ .Prompt }}",
            "license": entry.licence if entry else "",
            "details": _details(family, encoder.parameters / 1e6, encoder.compute),
            "model_info": {
                "general.architecture": family,
                "general.parameter_count": encoder.parameters,
                f"{family}.context_length": encoder.max_seq_length,
                f"{family}.embedding_length": encoder.dimension,
            },
            "capabilities": ["embedding"],
            "modified_at": _time(changed),
        }
        return Response(_json(answer))

    async def tags(self, _request: Request) -> Response:
        models = await asyncio.to_thread(self._models)
        return Response(_json({"models": models}))

    def _models(self) -> list[dict[str, Any]]:
        installed = {each.name: each for each in inventory()}
        return [_tag(name, installed.get(name)) for name in self._service.models.listed()]

    async def loaded(self, _request: Request) -> Response:
        registry = self._service.models.registry
        models = []
        for key, size in registry.sizes().items():
            if encoder := registry.peek(key.model, key.compute, key.device):
                models.append(_loaded(encoder, size))
        return Response(_json({"models": models}))

    async def version(self, _request: Request) -> Response:
        return Response(_json({"version": likewise.__version__}))


def _name(given: str) -> str:
    """A model's name without the tag."""
    if not given:
        raise ModelNotFoundError("no model is named", hint="/api/tags lists the models")
    return given.replace(TAG, "")


def _tag(name: str, found: Installed | None) -> dict[str, Any]:
    entry = found.entry if found else None
    config = read_json(found.folder / "config.json", optional=True) if found else {}
    family = str(config.get("model_type", ""))
    return {
        "name": name + TAG,
        "model": name + TAG,
        "modified_at": _time(found.folder.stat().st_mtime if found else 0),
        "size": found.size if found else 0,
        "digest": (entry.weights_sha256 if entry else None)
        or (found.commit if found else "")
        or "",
        "details": _details(family, entry.parameters if entry else None, ""),
    }


def _loaded(encoder: Encoder, size: int) -> dict[str, Any]:
    entry = encoder.location.entry
    return {
        "name": encoder.name + TAG,
        "model": encoder.name + TAG,
        "size": size,
        "digest": (entry.weights_sha256 if entry else None) or encoder.location.commit or "",
        "details": _details(encoder.config.model_type, encoder.parameters / 1e6, encoder.compute),
        "expires_at": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
        "size_vram": 0 if encoder.device == "cpu" else size,
        "context_length": encoder.max_seq_length,
    }


def _details(family: str, parameters: float | None, compute: str) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "safetensors",
        "family": family,
        "families": [family],
        "parameter_size": "" if parameters is None else f"{parameters:.1f}M",
        "quantization_level": _FORMATS.get(compute, ""),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _json(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
