"""The events of jobs as a stream of server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from starlette.responses import Response, StreamingResponse

from likewise.server.operations_api.job_routes import JobId, owned_job
from likewise.server.operations_api.schemas import ERRORS
from likewise.server.operations_api.service import OperationsService

WAIT = 1.0
"""Seconds after which a stream looks for events of jobs that another server runs."""
KEEP_ALIVE = 15.0
"""Seconds without events after which a stream sends a comment."""


def add_job_stream(router: APIRouter, service: OperationsService) -> None:
    """Add the route of events."""

    @router.get(
        "/jobs/{job_id}/events", tags=["jobs"], response_class=StreamingResponse,
        responses={**ERRORS, 200: {"content": {"text/event-stream": {}}}},
    )  # fmt: skip
    async def job_events(
        request: Request,
        job_id: JobId,
        last_event_id: Annotated[
            str | None, Header(description="Number of the last event that was received.")
        ] = None,
    ) -> Response:
        """The events of a job as they happen: `status`, `progress`, `message`, at last `done`."""
        await to_thread.run_sync(owned_job, service, request, job_id)
        text = (last_event_id or "").strip()
        after = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
        return StreamingResponse(
            _stream(service, job_id, after),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


async def _stream(service: OperationsService, job_id: str, after: int) -> AsyncIterator[str]:
    """The events of a job after a number, until it has ended or the server stops."""
    sent = time.monotonic()
    with service.events.watch(job_id) as happened:
        while not service.events.closed:
            happened.clear()
            job = await to_thread.run_sync(service.jobs.get, job_id)
            events = await to_thread.run_sync(service.jobs.events, job_id, after)
            for event in events:
                after = event.number
                yield f"id: {after}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"
                sent = time.monotonic()
            if not events and (job is None or job.is_finished):
                return
            if not events and time.monotonic() - sent > KEEP_ALIVE:
                yield ": keep-alive\n\n"
                sent = time.monotonic()
            if not events:
                try:
                    await asyncio.wait_for(happened.wait(), WAIT)
                except TimeoutError:
                    continue
