"""Calls that are answered at once: in a thread, cancelled when the client goes away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from fastapi import Request
from starlette.responses import JSONResponse, Response

from likewise.operations.contract import Result
from likewise.operations.encode import EncodeResult
from likewise.operations.session import CancellationToken, CancelledError, Message
from likewise.server.operations_api.answers import ApiError, owner_of
from likewise.server.operations_api.endpoints import Endpoint
from likewise.server.operations_api.service import OperationsService
from likewise.server.operations_api.vectors import encoded_response

MESSAGES = "X-Likewise-Messages"
_HEADER_BYTES = 4096
CLIENT_GONE = 499
"""The status of a call whose client has disconnected; no one reads it."""


class Calls:
    """Runs calls in a bounded number of threads.

    Args:
        service: what the calls use.
    """

    def __init__(self, service: OperationsService) -> None:
        self._service = service
        self._most_waiting = service.settings.max_waiting
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(
        self, endpoint: Endpoint, values: Mapping[str, Any], request: Request
    ) -> Response:
        """Run an operation and answer with its result.

        Raises:
            ApiError: too many calls are waiting.
            LikewiseError: the operation failed.
        """
        threads = self._limiter()
        if threads.statistics().tasks_waiting >= self._most_waiting:
            raise ApiError(
                429, "overloaded", "too many calls are waiting", hint="try again a little later",
                headers={"Retry-After": "2"},
            )  # fmt: skip
        cancel, messages = CancellationToken(), list[Message]()
        run = partial(
            self._service.call, endpoint, owner_of(request), values,
            cancel=cancel, on_message=messages.append,
        )  # fmt: skip
        accept = request.headers.get("accept", "")
        try:
            answer: Response = await _until_gone(
                request, cancel, threads, lambda: self._answer(run(), accept)
            )
        except CancelledError:
            return Response(status_code=CLIENT_GONE)
        if messages:
            answer.headers[MESSAGES] = self._header(messages)
        return answer

    def _answer(self, result: Result, accept: str) -> Response:
        if isinstance(result, EncodeResult) and (answer := encoded_response(result, accept)):
            return answer
        return JSONResponse(self._service.result_of(result))

    def _header(self, messages: list[Message]) -> str:
        """The messages as JSON in ASCII; the last ones are left out where there are too many."""
        redact = self._service.redact
        listed = [
            {"code": each.code, "text": redact(each.text), "values": redact(each.values)}
            for each in messages
        ]
        while len(text := json.dumps(listed, default=str)) > _HEADER_BYTES:
            listed = listed[:-1]
        return text

    def _limiter(self) -> anyio.CapacityLimiter:
        if self._threads is None:  # it belongs to the event loop
            self._threads = anyio.CapacityLimiter(self._service.settings.threads)
        return self._threads


async def _until_gone(
    request: Request, cancel: CancellationToken, threads: anyio.CapacityLimiter, run: Any
) -> Any:
    """Run a function in a thread; it is asked to stop when the client goes away."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        cancel.cancel()

    def checked() -> Any:
        cancel.check()  # the client may have gone while the call waited
        return run()

    failure: BaseException | None = None
    result: Any = None
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            result = await to_thread.run_sync(checked, limiter=threads)
        except Exception as error:
            failure = error  # outside the group, which would wrap it
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return result
