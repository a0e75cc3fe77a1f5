"""A server that starts, stops and is replaced under load, and loses no request."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.program import Load, free_port, program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and Unix sockets")


def test_a_stop_under_load_loses_no_request(tmp_path: Path) -> None:
    with program(tmp_path, log_format="off") as server, Load(server.address, 16) as load:
        load.wait_for(200)
        assert server.stop() == 0
        deadline = time.monotonic() + 20
        while len(load.failures) < 16 and time.monotonic() < deadline:
            time.sleep(0.05)
    # each client notices that nothing listens, and none was cut off before that
    assert [each for each in load.failures if "ConnectError" not in each] == []
    assert len(load.failures) == 16


def test_requests_that_run_and_that_are_half_sent_are_answered(tmp_path: Path) -> None:
    with program(tmp_path) as server:
        port = int(server.address.rsplit(":", 1)[1])
        answers: list[httpx.Response] = []
        slow = threading.Thread(
            target=lambda: answers.append(
                httpx.post(server.address + "/v1/slow?ms=1500", content=b"text")
            )
        )
        slow.start()
        with socket.create_connection(("127.0.0.1", port)) as half, half.makefile("rb") as reply:
            half.sendall(b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-")
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            half.sendall(b"Length: 4\r\n\r\ntext")
            head = reply.read().decode()
        assert head.startswith("HTTP/1.1 200")
        assert "connection: close" in head
        assert server.process.wait(20) == 0
        slow.join()
        assert answers[0].json() == {"bytes": 4}


def test_health_is_503_while_it_drains(tmp_path: Path) -> None:
    with program(tmp_path, drain_delay=1.5) as server:
        assert httpx.get(server.address + "/health").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        answer = httpx.get(server.address + "/health")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
        assert httpx.post(server.address + "/v1/x", content=b"text").json() == {"bytes": 4}
        assert server.process.wait(20) == 0


def test_streams_end_and_ctrl_c_is_quick(tmp_path: Path) -> None:
    with program(tmp_path) as server:
        with httpx.stream("GET", server.address + "/v1/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "data: 1"
            started = time.monotonic()
            server.process.send_signal(signal.SIGINT)
            assert set(lines) <= {"", "data: 1"}
        server.process.wait(20)
        assert time.monotonic() - started < 5
        assert not any("Error" in line for line in server.lines if "Interrupt" not in line)


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    with program(tmp_path) as server:
        slow = threading.Thread(target=_ignore_errors, args=(server.address + "/v1/x?ms=20000",))
        slow.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert server.process.poll() is None
        started = time.monotonic()
        assert server.stop(signal.SIGINT) == 130
        assert time.monotonic() - started < 2
        slow.join()


def _ignore_errors(url: str) -> None:
    try:
        httpx.post(url, content=b"text", timeout=30)
    except httpx.HTTPError:
        return


def test_a_request_that_does_not_end_is_cancelled(tmp_path: Path) -> None:
    with program(tmp_path, drain_seconds=0.5) as server:
        slow = threading.Thread(target=_ignore_errors, args=(server.address + "/v1/x?ms=20000",))
        slow.start()
        time.sleep(0.5)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 8
        slow.join()
    assert any("did not end within 0.5 s" in line for line in server.lines)


def test_a_server_is_replaced_without_a_failed_request(tmp_path: Path) -> None:
    port = free_port()
    options: dict[str, Any] = {"port": port, "log_format": "off"}
    with program(tmp_path, **options) as first, Load(first.address, 16) as load:
        load.wait_for(200)
        with program(tmp_path, **options, replace=True) as second:
            assert first.process.wait(30) == 0
            load.wait_for(200)
            with program(tmp_path, **options, replace=True) as third:
                assert second.process.wait(30) == 0
                load.wait_for(200)
                load.__exit__()
                assert third.process.poll() is None
    assert load.failures == []


def test_a_server_that_does_not_start_replaces_nothing(tmp_path: Path) -> None:
    port = free_port()
    with program(tmp_path, port=port) as first:
        with (
            pytest.raises(AssertionError, match="TLS files"),
            program(tmp_path, port=port, replace=True, tls_cert=str(tmp_path / "none.pem")),
        ):
            pass
        time.sleep(0.3)
        assert httpx.get(first.address + "/health").status_code == 200


def test_a_socket_of_systemd_stays_open_between_two_servers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        fd = listener.fileno()
        options: dict[str, Any] = {"fd": fd, "passed": (fd,), "log_format": "off"}
        with program(tmp_path, **options) as first, Load(first.address, 8) as load:
            load.wait_for(100)
            assert first.stop() == 0  # in between, nobody accepts
            with program(tmp_path, **options):
                load.wait_for(100)
                load.__exit__()
    assert load.failures == []


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    for _ in range(2):  # the second time where a killed server left the file
        with program(tmp_path, uds=str(path)) as server:
            assert server.address == f"unix:{path}"
            assert path.stat().st_mode & 0o777 == 0o600
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
                answer = client.post("http://localhost/v1/x", content=b"text")
                assert answer.json() == {"bytes": 4}
                assert client.get("http://evil.example/v1/x").status_code == 400


def test_tls(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    import ssl

    context = ssl.create_default_context(cafile=str(cert))
    with program(tmp_path, tls_cert=str(cert), tls_key=str(key)) as server:
        assert server.address.startswith("https://")
        answer = httpx.post(server.address + "/v1/x", content=b"text", verify=context)
        assert answer.json() == {"bytes": 4}


def test_slow_and_endless_headers_end_the_connection(tmp_path: Path) -> None:
    with program(tmp_path) as server:
        port = int(server.address.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as endless:
            endless.sendall(b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n")
            with pytest.raises(OSError, match=r"reset|Broken pipe|aborted"):
                _send_headers(endless)
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
            slow.sendall(b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n")
            assert slow.recv(1) == b""
        assert 8 < time.monotonic() - started < 25


def _send_headers(connection: socket.socket) -> None:
    for _ in range(10_000):
        connection.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
