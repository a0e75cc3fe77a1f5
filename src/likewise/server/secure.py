"""The middleware around the server's app, from the outermost inwards."""

from __future__ import annotations

from starlette.types import ASGIApp

from likewise.server.access import Access
from likewise.server.guard import Guard
from likewise.server.refusal import ErrorResponder, FormOf
from likewise.server.streams import EndedStreams, Streams


def secure(
    app: ASGIApp,
    access: Access,
    *,
    streams: Streams | None = None,
    form_of: FormOf = lambda _path: None,
    pages: bool = True,
) -> ASGIApp:
    """An app that answers only those who may use it.

    Args:
        app: what is served.
        access: who may use it.
        streams: the event streams that are open; they end with the server.
        form_of: finds the error form of a path.
        pages: whether there are pages for browsers, which can log in.
    """
    responder = ErrorResponder(form_of)
    app = Guard(app, access, responder, pages=pages)
    return EndedStreams(app, streams or Streams())
