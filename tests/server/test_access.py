"""Who may use the app: addresses, keys, host names, origins, and what belongs to whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Address, Headers

from likewise.errors import InputError
from likewise.server.access import Access, decide_access, exposure, is_loopback
from likewise.server.keyring import Keyring
from likewise.web.visitors import is_local
from tests.web.conftest import Site, served

KEY = "correct horse / 电池"


@pytest.fixture(scope="module")
def site(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("results")) as site:
        yield site


@pytest.fixture(scope="module")
def keyed(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("keyed"), access=Access(keys=Keyring(KEY))) as site:
        yield site


# addresses


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "0", "192.0.2.1", "::ffff:192.0.2.1"])
def test_an_address_that_others_reach_needs_a_key(host: str) -> None:
    with pytest.raises(InputError, match="without a key was refused") as caught:
        decide_access(host)
    assert "--allow-public" in caught.value.hint
    with pytest.raises(InputError, match="without a key"):
        decide_access(host, keys=Keyring("  "))
    assert decide_access(host, keys=Keyring(KEY)).keys.find(KEY.encode())
    public = decide_access(host, allow_public=True)
    assert not public.keys.required
    assert public.anonymous.scopes == {"read"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.1", "localhost", "::1", "::ffff:127.0.0.1"]
)
def test_loopback_needs_none(host: str) -> None:
    assert is_loopback(host)
    assert not decide_access(host).keys.required
    assert decide_access(host).anonymous.scopes == {"read", "write", "admin"}
    assert exposure(host, 7860, Access()) == ""


def test_a_name_that_is_none() -> None:
    with pytest.raises(InputError, match="does not resolve"):
        decide_access("no-such-host.invalid")


def test_what_is_open_is_told() -> None:
    message = exposure("192.0.2.1", 7860, decide_access("192.0.2.1", keys=Keyring(KEY)))
    assert "http://192.0.2.1:7860" in message
    assert "everyone with a key" in message
    assert KEY not in message
    assert "WITHOUT A KEY" in exposure("::", 7860, decide_access("::", allow_public=True))
    assert KEY not in repr(Access(keys=Keyring(KEY)))


# a real program, started as people start it


@contextmanager
def _program(folder: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "likewise", "ui", *options],
        cwd=folder, env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _line(program: subprocess.Popen[str], part: str) -> str:
    assert program.stderr is not None
    for line in program.stderr:
        if part in line:
            return line
    raise AssertionError(f"the program ended without saying {part!r}")


def test_the_network_needs_a_key_or_an_explicit_word(tmp_path: Path) -> None:
    port = str(_free_port())
    refused = subprocess.run(
        [sys.executable, "-m", "likewise", "ui", "--host", "0.0.0.0", "--port", port],
        cwd=tmp_path, env={**os.environ, "LIKEWISE_API_KEY": ""},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: listening on 0.0.0.0 without a key was refused")
    assert "--allow-public" in refused.stderr
    with _program(tmp_path, "--host", "0.0.0.0", "--port", port, LIKEWISE_API_KEY=KEY) as program:
        message = _line(program, "Likewise is at") + _line(program, "open to other machines")
        message += _line(program, "admin also downloads models")
        assert "everyone with a key" in message
        address = f"http://127.0.0.1:{port}/"
        assert httpx.get(address + "config").status_code == 401
        there = httpx.get(address + "config", headers=_bearer(KEY))
        assert there.status_code == 200


def test_a_second_one_on_the_same_port_says_so_and_the_first_ends_at_once(tmp_path: Path) -> None:
    port = str(_free_port())
    with _program(tmp_path, "--port", port) as first:
        _line(first, "Likewise is at")
        for host in ("127.0.0.1", "0.0.0.0"):
            second = subprocess.run(
                [sys.executable, "-m", "likewise", "ui", "--port", port, "--host", host],
                cwd=tmp_path, env={**os.environ, "LIKEWISE_API_KEY": KEY},
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert second.returncode == 1
            assert f"port {port}" in second.stderr
            assert "hint: " in second.stderr
            assert "Traceback" not in second.stderr
        assert httpx.get(f"http://127.0.0.1:{port}/config").status_code == 200
        with httpx.stream("GET", f"http://127.0.0.1:{port}/gradio_api/heartbeat/abc"):
            started = time.monotonic()
            first.send_signal(signal.SIGINT)
            _, rest = first.communicate(timeout=20)
        assert time.monotonic() - started < 10
        assert "Traceback" not in rest
    with _program(tmp_path, "--port", port) as again:
        _line(again, "Likewise is at")


# keys


def _bearer(key: str) -> dict[bytes, bytes]:
    return {b"Authorization": b"Bearer " + key.encode()}


@pytest.mark.parametrize(
    "path", ["", "zh/", "config", "gradio_api/info", "assets/index.js", "downloads/x/y.csv", "none"]
)
def test_nothing_is_answered_without_the_key(keyed: Site, path: str) -> None:
    assert httpx.get(keyed.address + path).status_code == 401
    for wrong in ("x", KEY[:-1], KEY + "x"):
        answer = httpx.get(keyed.address + path, headers=_bearer(wrong))
        assert answer.status_code == 401
    assert httpx.get(keyed.address + path, headers=_bearer(KEY)).status_code in {200, 404}


def test_uploads_and_the_queue_need_the_key_too(keyed: Site) -> None:
    for path in ("gradio_api/upload", "gradio_api/queue/join", "zh/gradio_api/upload", "login"):
        assert httpx.post(keyed.address + path, files={"files": b"x"}).status_code == 401
    answer = httpx.post(
        keyed.address + "gradio_api/upload", files={"files": b"x"}, headers=_bearer(KEY)
    )
    assert answer.status_code == 200


def test_a_browser_logs_in_once(keyed: Site) -> None:
    with httpx.Client(base_url=keyed.address, headers={"Accept": "text/html"}) as browser:
        asked = browser.get("zh/")
        assert asked.status_code == 401
        assert 'action="../login"' in asked.text
        assert "需要密钥" in asked.text
        refused = browser.post("login", data={"key": "guess"})
        assert refused.status_code == 401
        assert "not the key" in refused.text
        let_in = browser.post("login", data={"key": KEY})
        assert (let_in.status_code, let_in.headers["location"]) == (303, "./")
        cookie = let_in.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert KEY not in cookie
        assert browser.get("config").status_code == 200
        browser.cookies.set("likewise_key", "0" * 64)
        assert httpx.get(
            keyed.address + "config", headers={"Cookie": f"likewise_key={'0' * 64}"}
        ).status_code == 401  # fmt: skip


# other sites


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.", ""])
def test_a_foreign_host_name_is_not_answered(site: Site, host: str) -> None:
    answer = httpx.get(site.address, headers={"Host": host})
    assert answer.status_code == 400
    assert "--trusted-host" in answer.json()["detail"]


def test_the_names_of_this_machine_are_answered(site: Site) -> None:
    port = site.address.rstrip("/").rsplit(":", 1)[1]
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", "127.0.0.1"):
        assert httpx.get(site.address + "config", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_change_nothing(site: Site, headers: dict[str, str]) -> None:
    path = site.address + "gradio_api/upload"
    assert httpx.post(path, files={"files": b"x"}, headers=headers).status_code == 403
    if "Origin" in headers:
        answer = httpx.get(site.address + "config", headers=headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_own_pages_and_programs_do(site: Site) -> None:
    path = site.address + "gradio_api/upload"
    own = site.address.rstrip("/")
    for headers in ({}, {"Origin": own}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}):
        answer = httpx.post(path, files={"files": b"x"}, headers=headers)
        assert answer.status_code == 200, answer.text


def test_a_proxy_publishes_the_app_under_its_name(model_folder: Path, tmp_path: Path) -> None:
    access = decide_access("127.0.0.1", trusted_hosts=["Words.Example"])
    with served(tmp_path, access=access) as site:
        for host in ("words.example", "words.example:443", "127.0.0.1:7860"):
            answer = httpx.post(
                site.address + "gradio_api/upload", files={"files": b"x"},
                headers={"Host": host, "Origin": "https://words.example"}, timeout=60,
            )  # fmt: skip
            assert answer.status_code == 200
        assert httpx.get(site.address, headers={"Host": "evil.example"}).status_code == 400


# whose visitor is local


@pytest.mark.parametrize(
    ("client", "headers", "local"),
    [
        ("127.0.0.1", {"host": "localhost:7860"}, True),
        ("::1", {"host": "[::1]:7860"}, True),
        ("::ffff:127.0.0.1", {"host": "127.0.0.1"}, True),
        ("192.0.2.1", {"host": "localhost:7860"}, False),
        ("127.0.0.1", {"host": "localhost:7860", "x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost:7860", "forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"host": "words.example"}, False),
        ("", {"host": "localhost"}, False),
    ],
)
def test_who_is_local(client: str, headers: dict[str, str], local: bool) -> None:
    assert is_local(Address(client, 1), Headers(headers)) is local
    assert not is_local(None, Headers(headers))


# error bodies


BROWSER = {"Accept": "text/html,*/*"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda a, h: httpx.get(a + "nothing/here", headers=h), 404),
        (lambda a, h: httpx.get(a + "downloads/x/y.csv", headers=h), 404),
        (lambda a, h: httpx.get(a + "gradio_api/file=/etc/passwd", headers=h), 403),
        (lambda a, h: httpx.put(a + "config", headers=h), 405),
        (lambda a, h: httpx.post(a + "login", headers=h | {"Origin": "null"}), 403),
        (lambda a, h: httpx.get(a, headers=h | {"Host": "evil.example"}), 400),
        (lambda a, h: httpx.post(a + "gradio_api/queue/join", headers=h, json={}), 422),
        (lambda a, h: httpx.post(a + "login", headers=h, content=b"0" * 32_000_001), 413),
    ],
)
def test_errors_are_told_in_the_readers_language(
    site: Site, call: Callable[..., httpx.Response], status: int
) -> None:
    for headers, chinese in ((CHINESE, True), ({"Accept-Language": "en"}, False)):
        answer = call(site.address, headers)
        assert answer.status_code == status
        message = answer.json()["detail"]
        assert _is_chinese(str(message)) is chinese
        page = call(site.address, headers | BROWSER)
        assert page.status_code == status
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert _is_chinese(page.text) is chinese
        assert f'lang="{"zh-CN" if chinese else "en"}"' in page.text


def test_errors_below_the_chinese_page_are_chinese(site: Site) -> None:
    answer = httpx.get(site.address + "zh/nothing", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert _is_chinese(answer.json()["detail"])
    page = httpx.get(site.address + "zh/a/b", headers=BROWSER)
    assert 'href="../../zh/"' in page.text


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def test_an_upload_without_an_end_is_cut(site: Site) -> None:
    sent = 0

    def pieces() -> Any:
        nonlocal sent
        for _ in range(80):
            sent += 1_000_000
            yield bytes(1_000_000)

    with pytest.raises(httpx.HTTPError):
        httpx.post(site.address + "gradio_api/queue/join", content=pieces()).raise_for_status()
    assert sent <= 80_000_000
