"""The app around the pages: addresses, languages, ports, limits."""

from __future__ import annotations

import socket
import urllib.request
from typing import Any

import pytest

from likewise.errors import InputError
from likewise.server.access import Access
from likewise.server.listener import Address
from likewise.server.serve import ServeOptions, serve
from tests.web.conftest import Site


def _get(address: str, **headers: str) -> Any:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = urllib.request.Request(address, headers=headers)
    try:
        return urllib.request.build_opener(Stay).open(request, timeout=10)
    except urllib.error.HTTPError as answer:
        return answer


def _never_built() -> Any:
    raise AssertionError("the app was built")


def test_a_busy_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as caught:
            serve(_never_built, Access(), ServeOptions(Address(port=port)))
    assert f"port {port}" in caught.value.message
    assert "--port" in caught.value.hint


def test_the_page_is_in_the_visitors_language_from_its_first_line(site: Site) -> None:
    english = _get(site.address)
    assert english.status == 200
    assert 'lang="en"' in english.read().decode()[:100]
    there = _get(site.address, **{"Accept-Language": "zh-TW,zh;q=0.9"})
    assert (there.status, there.headers["location"]) == (303, "zh/")
    chinese = _get(site.address + "zh/", **{"Accept-Encoding": "br, gzip"}).read().decode()
    assert 'lang="zh-CN"' in chinese[:100]
    assert "Object.defineProperty(navigator" in chinese


def test_a_choice_of_language_is_remembered(site: Site) -> None:
    chosen = _get(site.address + "zh/?lang=en")
    assert (chosen.status, chosen.headers["location"]) == (303, "../")
    cookie = chosen.headers["set-cookie"].split(";")[0]
    stays = _get(site.address, **{"Accept-Language": "zh", "Cookie": cookie})
    assert stays.status == 200
    assert _get(site.address + "zh").headers["location"] == "zh/"


@pytest.mark.parametrize(
    "path", ["downloads/x/likewise-vectors.npy", "downloads/x/..%2f..%2fetc%2fpasswd"]
)
def test_there_is_nothing_to_guess(site: Site, path: str) -> None:
    assert _get(site.address + path).status == 404


@pytest.mark.parametrize("path", ["docs", "openapi.json", "gradio_api/runs", "monitoring"])
def test_pages_of_the_framework_are_off(site: Site, path: str) -> None:
    assert _get(site.address + path).status in (403, 404)


def test_files_of_this_machine_are_not_served(site: Site) -> None:
    answer = _get(site.address + "gradio_api/file=" + __file__)
    assert answer.status in (403, 404)
