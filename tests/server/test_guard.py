"""Programs, pages of other sites, keys and their limits, as a real server treats them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from likewise.server.key_file import KeyFile
from likewise.server.keyring import RELOAD_SECONDS
from tests.server.program import Program, program

KEY = "correct horse / 电池"
SITE = "https://app.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guard")


@pytest.fixture(scope="module")
def keys(folder: Path) -> KeyFile:
    return KeyFile(folder / "keys.json")


@pytest.fixture(scope="module")
def secrets(keys: KeyFile) -> dict[str, str]:
    return {
        "reader": keys.create("reader", ["read"]).secret,
        "writer": keys.create("writer", ["write"]).secret,
        "slow": keys.create("slow", ["read"], 3).secret,
    }


@pytest.fixture(scope="module")
def keyed(folder: Path, keys: KeyFile, secrets: dict[str, str]) -> Iterator[Program]:
    with program(folder, api_key=KEY, keys=str(keys.path), cors=[SITE]) as running:
        yield running


@pytest.fixture(scope="module")
def open_server(folder: Path) -> Iterator[Program]:
    with program(folder) as running:
        yield running


def _call(
    server: Program,
    headers: dict[str, str] | None = None,
    path: str = "/v1/x",
    method: str = "POST",
) -> httpx.Response:
    encoded = {name: value.encode() for name, value in (headers or {}).items()}
    return httpx.request(method, server.address + path, headers=encoded)  # type: ignore[arg-type]


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_key_is_presented_in_three_headers(keyed: Program, secrets: dict[str, str]) -> None:
    for secret in (KEY, secrets["reader"]):
        for headers in (_bearer(secret), {"api-key": secret}, {"X-Api-Key": secret}):
            assert _call(keyed, headers).status_code == 200
        assert _call(keyed, {"Authorization": f"bearer  {secret}"}).status_code == 200
        for headers in (
            {"Authorization": secret}, {"Authorization": f"Basic {secret}"}, {"key": secret},
            _bearer(secret[:-1]), _bearer(secret + "x"), {},
        ):  # fmt: skip
            assert _call(keyed, headers).status_code == 401
    both = _bearer("wrong") | {"api-key": KEY}
    assert _call(keyed, both).status_code == 401


def test_errors_have_the_form_of_their_address(keyed: Program) -> None:
    openai = _call(keyed)
    assert openai.headers["www-authenticate"] == "Bearer"
    assert openai.json()["error"]["code"] == "invalid_api_key"
    other = _call(keyed, path="/embed")
    assert other.status_code == 401
    assert other.json()["error"]["message"] == "a key is required"
    wrong = _call(keyed, _bearer("x"), path="/embed")
    assert wrong.json()["error"]["message"] == "the key is not valid"
    page = _call(keyed, {"Accept": "text/html"}, path="/", method="GET")
    assert page.status_code == 401
    assert 'action="login"' in page.text
    deep = _call(keyed, {"Accept": "text/html"}, path="/app/a", method="GET")
    assert 'action="../login"' in deep.text


def test_scopes(keyed: Program, open_server: Program, secrets: dict[str, str]) -> None:
    def scopes(secret: str) -> list[str]:
        answer = _call(keyed, _bearer(secret), path="/v1/scopes").json()
        return [name for name, allowed in answer.items() if allowed]

    assert scopes(secrets["reader"]) == ["read"]
    assert scopes(secrets["writer"]) == ["read", "write"]
    assert scopes(KEY) == ["read", "write", "admin"]
    assert all(_call(open_server, path="/v1/scopes").json().values())


def test_those_behind_a_proxy_only_read(tmp_path: Path) -> None:
    with program(tmp_path, trusted=["words.example", "*.words.example"]) as server:
        for host in ("words.example", "a.words.example:443"):
            answer = _call(server, {"Host": host}, path="/v1/scopes")
            assert answer.json() == {"read": True, "write": False, "admin": False}
        for host in ("xwords.example", "words.example.evil"):
            assert _call(server, {"Host": host}).status_code == 400


def test_a_limit_of_requests_is_that_of_its_key(keyed: Program, secrets: dict[str, str]) -> None:
    answers = [_call(keyed, _bearer(secrets["slow"])) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert answers[3].json()["error"]["type"] == "rate_limit_error"
    assert _call(keyed, _bearer(secrets["reader"])).status_code == 200


def test_a_key_is_revoked_while_the_server_runs(keyed: Program, keys: KeyFile) -> None:
    secret = keys.create("short", ["read"]).secret
    time.sleep(RELOAD_SECONDS + 0.2)
    assert _call(keyed, _bearer(secret)).status_code == 200
    keys.revoke("short")
    time.sleep(RELOAD_SECONDS + 0.2)
    assert _call(keyed, _bearer(secret)).status_code == 401


def test_a_browser_logs_in_with_any_key(keyed: Program, secrets: dict[str, str]) -> None:
    with httpx.Client(base_url=keyed.address) as browser:
        assert browser.post("/login", data={"key": "wrong"}).status_code == 401
        assert browser.post("/login", content=b"key=" + b"x" * 100_000).status_code == 401
        answer = browser.post("/login", data={"key": secrets["writer"]})
        assert answer.status_code == 303
        assert secrets["writer"] not in answer.headers["set-cookie"]
        own = {"Origin": keyed.address}
        assert browser.post("/v1/scopes", headers=own).json()["write"] is True
        # what a browser remembers is not for the pages of other sites, not even allowed ones
        assert browser.post("/v1/x", headers={"Origin": SITE}).status_code == 401
        assert browser.post("/v1/x", headers=_bearer("wrong")).status_code == 401


def test_a_login_leads_back_to_the_page(keyed: Program, secrets: dict[str, str]) -> None:
    def target(referer: str) -> str:
        with httpx.Client(base_url=keyed.address, headers={"Referer": referer}) as browser:
            answer = browser.post("/login", data={"key": secrets["reader"]})
            return str(answer.headers["location"])

    own = keyed.address.rstrip("/")
    assert target(f"{own}/app/collections/notes?q=a%20b") == "/app/collections/notes?q=a%20b"
    assert target(f"{own}//evil.example/x") == "/evil.example/x"
    assert target("https://evil.example/x") == target(f"{own}/login") == target("x:[") == "./"


def test_probes_need_no_key_and_no_host_name(keyed: Program) -> None:
    for method in ("GET", "HEAD"):
        answer = _call(keyed, {"Host": "10.1.2.3:7860"}, path="/health", method=method)
        assert answer.status_code == 200
    assert _call(keyed, path="/health").status_code == 401
    assert _call(keyed, path="/metrics", method="GET").status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", SITE + ".evil", SITE, "http://["]
)
def test_pages_of_other_sites_may_not_call(open_server: Program, origin: str) -> None:
    for path in ("/v1/x", "/embed", "/api/v1/x", "/mcp"):
        answer = _call(open_server, {"Origin": origin}, path)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert _call(open_server, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert _call(open_server).status_code == 200


def test_pages_of_allowed_sites_may_call_the_api_only(keyed: Program) -> None:
    asked = {
        "Origin": SITE, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }  # fmt: skip
    before = _call(keyed, asked, method="OPTIONS")
    assert before.status_code == 204
    assert before.headers["access-control-allow-origin"] == SITE
    assert before.headers["access-control-allow-headers"] == "authorization,content-type"
    answer = _call(keyed, _bearer(KEY) | {"Origin": SITE})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    refused = _call(keyed, {"Origin": SITE})  # whose page can read why
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SITE)
    for path in ("/gradio_api/upload", "/", "/login"):
        answer = _call(keyed, _bearer(KEY) | {"Origin": SITE}, path)
        assert answer.status_code == (200 if path == "/" else 403)
    assert _call(keyed, asked | {"Origin": SITE + ":8443"}, method="OPTIONS").status_code == 403


def test_two_host_names_are_none(open_server: Program) -> None:
    port = int(open_server.address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_websocket_is_checked_too(keyed: Program) -> None:
    websockets = pytest.importorskip("websockets.sync.client")
    address = keyed.address.replace("http", "ws") + "/v1/x"
    for headers in ({}, _bearer("wrong")):
        with pytest.raises(Exception, match="403"):
            websockets.connect(address, additional_headers=headers).close()
    with pytest.raises(Exception, match="403"):
        websockets.connect(address, origin="https://evil.example").close()


def test_a_request_is_logged_with_its_id_and_without_its_texts(keyed: Program) -> None:
    secret_text, own_id = "a private sentence", "trace-1:2.3"
    headers = {**_bearer(KEY), "X-Request-ID": own_id}
    raw = {name: value.encode() for name, value in headers.items()}
    answer = httpx.post(
        keyed.address + "/v1/logged?q=hidden", content=secret_text.encode(), headers=raw  # type: ignore[arg-type]
    )  # fmt: skip
    assert answer.headers["x-request-id"] == own_id
    line = _line(keyed, own_id)
    assert line | {"time": "", "ms": 0} == {
        "time": "", "id": own_id, "key": "LIKEWISE_API_KEY", "method": "POST",
        "path": "/v1/logged", "status": 200, "ms": 0, "texts": 1, "tokens": len(secret_text),
    }  # fmt: skip
    assert 0 < line["ms"] < 10_000
    written = "".join(keyed.lines)
    for hidden in (secret_text, "hidden", KEY):
        assert hidden not in written
    for bad in ("a b", "", "x" * 200, "a\tb", "ä"):
        made = _call(keyed, _bearer(KEY) | {"X-Request-ID": bad}).headers["x-request-id"]
        assert made != bad
        assert _line(keyed, made)["status"] == 200
    refused = _call(keyed, _bearer("wrong"))
    assert _line(keyed, refused.headers["x-request-id"])["status"] == 401


def _line(server: Program, request_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in list(server.lines):
            if line.startswith("{") and json.loads(line).get("id") == request_id:
                return dict(json.loads(line))
        time.sleep(0.02)
    raise AssertionError(f"no line of {request_id}")


def test_lines_for_people_have_no_control_characters(tmp_path: Path) -> None:
    with program(tmp_path, log_format="text", log_texts=True) as server:
        path = "/v1/%1b%5b31m%0aforged"
        answer = httpx.post(server.address + path, content=b"ein Text")
        found = answer.headers["x-request-id"]
        deadline = time.monotonic() + 10
        while not any(found in line for line in server.lines):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        (line,) = (line for line in server.lines if found in line)
    assert "/v1/\\u001b[31m\\nforged" in line
    assert "1 texts, 8 tokens - " in line
    assert line.endswith('["ein Text"]\n')
