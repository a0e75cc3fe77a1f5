"""Selects the language of a page and sets it in the HTML head."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.web.toasts import toast_script
from likewise.web.translations import LANGUAGES, Language, translations_for
from likewise.web.visitors import (
    LANGUAGE_COOKIE,
    VISITOR_COOKIE,
    YEAR,
    new_visitor_cookie,
    path_of,
    preferred_language,
    read_cookie,
)


class LocaleMiddleware:
    """ASGI middleware before the pages.

    `/` redirects to the page in the user's language: the one chosen on the page, else the one in
    `Accept-Language`. `/?lang=zh` sets it. A script in the page head sets `navigator.language`, so
    that messages of the framework are in the same language.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or forward a request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        page = next((each for each in LANGUAGES if path == f"/{each.path}"), None)
        if page is None:
            bare = next((each for each in LANGUAGES if each.path and path == f"/{each.code}"), None)
            if bare:
                await _redirect(send, bare.path)
            else:
                await self._app(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        chosen = next((each for each in LANGUAGES if each.code == asked), None)
        if chosen:
            await _redirect(send, f"{page.root}{chosen.path}" or "./", chosen)
            return
        if page is LANGUAGES[0]:
            preferred = preferred_language(Headers(scope=scope))
            if preferred is not page:
                await _redirect(send, preferred.path)
                return
        await self._page(scope, receive, send, page)

    async def _page(self, scope: Scope, receive: Receive, send: Send, page: Language) -> None:
        """Send the page, with its language in the head."""
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        visitor: list[tuple[bytes, bytes]] = []
        if not read_cookie(Headers(scope=scope), VISITOR_COOKIE):
            cookie = new_visitor_cookie(secure=scope["scheme"] == "https")
            visitor.append((b"set-cookie", cookie.encode()))
        start: Message = {}
        body = b""

        async def rewritten(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            changed = _localized(body, page)
            kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
            length = (b"content-length", str(len(changed)).encode())
            vary = (b"vary", b"Accept-Language, Cookie")
            await send({**start, "headers": [*kept, length, vary, *visitor]})
            await send({"type": "http.response.body", "body": changed})

        await self._app({**scope, "headers": plain}, receive, rewritten)


def _localized(body: bytes, page: Language) -> bytes:
    """A page's HTML in its language."""
    tag = page.locale
    script = (
        f"<head><script>for(const [k,v] of [['language','{tag}'],['languages',['{tag}']]])"
        "Object.defineProperty(navigator,k,{get:()=>v,configurable:true});"
        f"{toast_script(translations_for(page.code))}</script>"
    )
    body = body.replace(b"<head>", script.encode(), 1)
    return body.replace(b'lang="en"', f'lang="{tag}"'.encode(), 1)


async def _redirect(send: Send, location: str, chosen: Language | None = None) -> None:
    headers = [
        (b"location", location.encode()),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
    if chosen:
        cookie = f"{LANGUAGE_COOKIE}={chosen.code}; Path=/; Max-Age={YEAR}; SameSite=Lax"
        headers.append((b"set-cookie", cookie.encode()))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
