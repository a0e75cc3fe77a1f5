"""The middleware around the server's app."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import ASGIApp

from likewise.server.access import Access
from likewise.server.guard import Guard
from likewise.server.lifecycle import Lifecycle, LifecycleMiddleware
from likewise.server.limits import Limits, LimitsMiddleware
from likewise.server.logs import LineWriter, RequestLog
from likewise.server.refusal import ErrorResponder, FormOf, no_form


@dataclass(frozen=True)
class ServedApp:
    """An app, and what the middleware around it needs to know of it.

    Attributes:
        app: the app.
        form_of: finds the error form of a path.
        pages: whether it has pages for browsers, which can log in.
        limits: what one request may cost.
    """

    app: ASGIApp
    form_of: FormOf = no_form
    pages: bool = True
    limits: Limits = field(default_factory=Limits)


def secure(
    served: ServedApp,
    access: Access,
    lifecycle: Lifecycle | None = None,
    *,
    writer: LineWriter | None = None,
    as_json: bool = True,
    log_texts: bool = False,
) -> ASGIApp:
    """An app that answers only those who may use it, within limits, and logs its requests.

    Args:
        served: the app.
        access: who may use it.
        lifecycle: of this process.
        writer: where requests are logged; None logs none.
        as_json: how.
        log_texts: log their texts, too.
    """
    responder = ErrorResponder(served.form_of)
    app: ASGIApp = LimitsMiddleware(served.app, served.limits, responder)
    app = Guard(app, access, responder, pages=served.pages)
    app = LifecycleMiddleware(app, lifecycle or Lifecycle())
    return RequestLog(app, responder, writer, as_json=as_json, log_texts=log_texts)
