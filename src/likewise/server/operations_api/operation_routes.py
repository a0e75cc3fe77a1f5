"""A route for every endpoint of the table."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import JSONResponse, Response

from likewise.operations.contract import RequestField
from likewise.server import keys
from likewise.server.job_store import QueueFullError
from likewise.server.operations_api.answers import ApiError, owner_of, require_scope
from likewise.server.operations_api.bodies import body_model, default_of, json_type
from likewise.server.operations_api.endpoints import ENDPOINTS, Endpoint
from likewise.server.operations_api.job_routes import job_url, plain_job
from likewise.server.operations_api.resolver import help_of
from likewise.server.operations_api.running import Calls
from likewise.server.operations_api.schemas import ERRORS, JobOut
from likewise.server.operations_api.service import OperationsService
from likewise.server.operations_api.vectors import ARROW, RAW

_BODY = "body"


def add_operations(router: APIRouter, service: OperationsService) -> None:
    """Add a route for every endpoint."""
    calls = Calls(service)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            _handler(endpoint, service, calls),
            methods=[endpoint.method],
            name=endpoint.name,
            operation_id=endpoint.name,
            summary=_first_line(endpoint.operation.__doc__),
            description=_description(endpoint),
            tags=[endpoint.tag],
            responses=_responses(endpoint),
            response_class=JSONResponse,
            status_code=202 if endpoint.job else 200,
        )


def _handler(endpoint: Endpoint, service: OperationsService, calls: Calls) -> Callable[..., Any]:
    """The function that FastAPI calls; its signature is made of the request's fields."""

    async def handle(request: Request, **given: Any) -> Response:
        body = given.pop(_BODY, None)
        values = given | (body.model_dump() if body else {})
        is_job = endpoint.is_job(values)
        require_scope(request, endpoint.scope)
        if is_job and endpoint.scope == "read":
            require_scope(request, "write")
        check = partial(
            service.check, endpoint, owner_of(request), values,
            may_download=keys.allows(request.scope, "admin"),
        )  # fmt: skip
        await to_thread.run_sync(check)
        if is_job:
            return await to_thread.run_sync(_queue, endpoint, service, owner_of(request), values)
        return await calls(endpoint, values, request)

    parameters = [_parameter("request", Request)]
    parameters += [
        _parameter(field.name, _described(field, Path(description=help_of(field))))
        for field in endpoint.in_path
    ]
    model: Any = body_model(endpoint)
    if model is not None:
        required = any(field.required for field in endpoint.others)
        default = inspect.Parameter.empty if required else model()
        parameters.append(_parameter(_BODY, Annotated[model, Body()], default))
    else:
        parameters += [_query(field) for field in endpoint.others]
    handle.__name__ = endpoint.name
    handle.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return handle


def _query(field: RequestField) -> inspect.Parameter:
    kind = _described(field, Query(description=help_of(field)))
    default = inspect.Parameter.empty if field.required else default_of(field)
    return _parameter(field.name, kind, default)


def _described(field: RequestField, info: Any) -> Any:
    return Annotated[json_type(field.type, field.field), info]


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _queue(
    endpoint: Endpoint, service: OperationsService, owner: str, values: dict[str, Any]
) -> Response:
    try:
        job = service.jobs.add(uuid.uuid4().hex, owner, endpoint.name, values)
    except QueueFullError as error:
        raise ApiError(
            429, "queue_full", "too many jobs are waiting", hint="try again when some are done",
            headers={"Retry-After": "30"},
        ) from error  # fmt: skip
    service.runner.wake()
    return JSONResponse(plain_job(job), 202, {"Location": job_url(job.id)})


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0].rstrip(".")


def _description(endpoint: Endpoint) -> str:
    """What the result has, and when the call is a job."""
    kind: Any = inspect.signature(endpoint.operation, eval_str=True).return_annotation
    result = inspect.getdoc(kind.to_dict) or ""
    if endpoint.job:
        start = "A job: the answer has its id, and its result is what follows."
    elif endpoint.can_be_job:
        start = "A call that reads or writes files, or many records, is a job (202)."
    else:
        start = ""
    scope = f"Scope: `{endpoint.scope}`" + ("; `write` for jobs." if endpoint.can_be_job else ".")
    return "\n\n".join(filter(None, (start, result, scope)))


def _responses(endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = dict(ERRORS)
    if endpoint.can_be_job:
        found[202] = {"model": JobOut, "description": "A job was queued."}
    if not endpoint.job:
        content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
        if endpoint.name == "encode":
            content |= {ARROW: {}, RAW: {}}
        found[200] = {"description": "The result.", "content": content}
    return found
