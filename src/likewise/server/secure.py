"""The middleware around the server's app."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import ASGIApp

from likewise.server.access import Access
from likewise.server.guard import Guard
from likewise.server.lifecycle import Lifecycle, LifecycleMiddleware
from likewise.server.limits import Limits, LimitsMiddleware
from likewise.server.logs import LineWriter, RequestLog
from likewise.server.refusal import ErrorResponder, FormOf


@dataclass(frozen=True)
class SecureOptions:
    """What the middleware needs to know of the app.

    Attributes:
        limits: what one request may cost.
        form_of: finds the error form of a path.
        pages: whether there are pages for browsers, which can log in.
    """

    limits: Limits = field(default_factory=Limits)
    form_of: FormOf = lambda _path: None
    pages: bool = True


def secure(
    app: ASGIApp,
    access: Access,
    lifecycle: Lifecycle | None = None,
    options: SecureOptions | None = None,
    *,
    writer: LineWriter | None = None,
    as_json: bool = True,
    log_texts: bool = False,
) -> ASGIApp:
    """An app that answers only those who may use it, within limits, and logs its requests.

    Args:
        app: what is served.
        access: who may use it.
        lifecycle: of this process.
        options: of the middleware.
        writer: where requests are logged; None logs none.
        as_json: how.
        log_texts: log their texts, too.
    """
    options = options or SecureOptions()
    responder = ErrorResponder(options.form_of)
    app = LimitsMiddleware(app, options.limits, responder)
    app = Guard(app, access, responder, pages=options.pages)
    app = LifecycleMiddleware(app, lifecycle or Lifecycle())
    return RequestLog(app, responder, writer, as_json=as_json, log_texts=log_texts)
