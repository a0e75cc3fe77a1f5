"""The page of the HTTP API, in a browser.

It is here since the browser's event loop runs from its first test to the end of the session.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import serving


@pytest.mark.browser
def test_a_browser_shows_the_operations(browser: Any) -> None:
    with serving() as served:
        page = browser.new_page()
        page.goto(f"{served.address}/docs")
        page.wait_for_selector('[data-path="/api/v1/similarity"]')
        page.close()
