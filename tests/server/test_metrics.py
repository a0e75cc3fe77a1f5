"""Metrics as Prometheus reads them, and traces as OpenTelemetry collects them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from likewise.server.tracing import traced
from tests.server.conftest import Served, serving


def samples(served: Served) -> dict[tuple[str, str], float]:
    text = httpx.get(f"{served.address}/metrics").text
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_and_batches_are_counted(served: Served) -> None:
    before = samples(served)
    for text in ("one", "two " * 400, "one"):
        httpx.post(f"{served.address}/v1/embeddings", json={"input": text})
    httpx.get(f"{served.address}/nothing/here/with/secrets")
    after = samples(served)

    def gained(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    assert gained("likewise_http_requests_total", "/v1/embeddings 200") == 3
    assert gained("likewise_http_request_seconds_count", "/v1/embeddings") == 3
    assert gained("likewise_http_requests_total", "other 404") == 1
    assert gained("likewise_texts_total") == 3
    assert gained("likewise_truncated_texts_total") == 1
    assert gained("likewise_batch_tokens_total") > 256
    assert after["likewise_queue_requests", "interactive"] == 0
    assert after["likewise_model_bytes", "float32 all-MiniLM-L6-v2"] > 20_000_000
    assert after["likewise_tokens_per_second", ""] > 0
    assert gained("likewise_event_loop_lag_seconds_count") > 0


def test_a_span_of_each_request_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[bytes] = []
    arrived = threading.Event()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *args: object) -> None: ...

    collector = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with serving(wrap=traced) as served:
        httpx.get(f"{served.address}/v1/models?text=secret")
        assert arrived.wait(20)
    collector.shutdown()
    assert b"/v1/models" in b"".join(received)
