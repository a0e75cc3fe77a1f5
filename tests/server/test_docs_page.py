"""`/docs` shows the API, and loads nothing from elsewhere."""

from __future__ import annotations

import re

import httpx

from tests.server.conftest import Served


def test_everything_on_the_page_is_local(served: Served) -> None:
    page = httpx.get(f"{served.address}/docs")
    assert page.status_code == 200
    assert "/api/v1/openapi.json" in page.text
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    for link in linked:
        assert link.startswith(("/docs/static/", "data:")), link
    for link in linked:
        if link.startswith("/"):
            assert httpx.get(served.address + link).status_code == 200
