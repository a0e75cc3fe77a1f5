"""What Prometheus reads at `/metrics`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from likewise.operations.registry import ModelRegistry
from likewise.server.batching import Batcher
from likewise.server.http import App, Message, Receive, Scope, Send

CONTENT_TYPE = b"text/plain; version=1.0.0; charset=utf-8"
LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper limits of the buckets, in seconds."""

LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
"""The same for the lag of the event loop."""

_COUNTERS = (
    ("likewise_batches", "Batches that were encoded", "batches"),
    ("likewise_batch_tokens", "Tokens read in batches", "tokens"),
    ("likewise_batch_seconds", "Seconds spent encoding", "seconds"),
    ("likewise_texts", "Texts that were answered with a vector", "texts"),
    ("likewise_shared_texts", "Texts whose vector was at hand: cached, or encoded once", "shared"),
    ("likewise_truncated_texts", "Texts over the model's limit", "truncated"),
    ("likewise_cancelled_requests", "Requests dropped because the client left", "cancelled"),
    ("likewise_rejected_requests", "Requests refused because of the load", "rejected"),
)


class Metrics:
    """Counts requests, and shows the counts of the batcher and of the models.

    Args:
        batcher: encodes the texts of all requests.
        models: the models in memory.
        known_path: whether a path is one address; others are counted by their first part.
    """

    def __init__(
        self, batcher: Batcher, models: ModelRegistry, known_path: Callable[[str], bool]
    ) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_State(batcher, models))
        self._known_path = known_path
        self._requests = Counter(
            "likewise_http_requests", "Requests", ("path", "status"), registry=self._registry
        )
        self._lag = Histogram(
            "likewise_event_loop_lag_seconds",
            "How late the event loop runs what is due; high values mean that it was blocked",
            registry=self._registry,
            buckets=LAGS,
        )
        self._latency = Histogram(
            "likewise_http_request_seconds",
            "Seconds from a request to the end of its answer",
            ("path",),
            registry=self._registry,
            buckets=LATENCIES,
        )

    async def measure_lag(self, interval: float = 0.02) -> None:
        """Measure how late the event loop is; runs until it is cancelled.

        Args:
            interval: seconds between two measurements.
        """
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + interval
            await asyncio.sleep(interval)
            self._lag.observe(max(0.0, loop.time() - due))

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Count one request."""
        if not self._known_path(path):
            path = "/" + path.split("/", 2)[1] if path.startswith(("/api/", "/mcp")) else "other"
        self._requests.labels(path, str(status)).inc()
        self._latency.labels(path).observe(seconds)

    def render(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)

    def counting(self, app: App) -> App:
        """An ASGI app whose requests are counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            started, status = time.perf_counter(), 499  # the client left before an answer

            async def noted(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noted)
            finally:
                self.observe(scope["path"], status, time.perf_counter() - started)

        return counted


class _State:
    """The counts of the batcher and of the models, read when they are asked for."""

    def __init__(self, batcher: Batcher, models: ModelRegistry) -> None:
        self._batcher, self._models = batcher, models

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        for name, text, attribute in _COUNTERS:
            value = getattr(self._batcher.counters, attribute)
            yield CounterMetricFamily(name, text, value=value)
        yield from self._queue()
        cache = self._batcher.cache
        yield GaugeMetricFamily("likewise_cache_bytes", "Bytes of cached vectors", cache.size)
        yield CounterMetricFamily("likewise_cache_hits", "Cached vectors used", value=cache.hits)
        yield CounterMetricFamily("likewise_cache_misses", "Vectors not cached", value=cache.misses)
        speed = GaugeMetricFamily("likewise_tokens_per_second", "Speed of the last batches")
        speed.add_metric([], self._batcher.speed)
        yield speed
        memory = GaugeMetricFamily(
            "likewise_model_bytes", "Bytes of weights in memory", labels=("model", "compute")
        )
        for key, size in self._models.sizes().items():
            memory.add_metric([key.model, key.compute], size)
        yield memory

    def _queue(self) -> Iterator[Metric]:
        requests = GaugeMetricFamily(
            "likewise_queue_requests", "Requests that wait", labels=("priority",)
        )
        tokens = GaugeMetricFamily(
            "likewise_queue_tokens", "Tokens that wait (estimated)", labels=("priority",)
        )
        priorities: tuple[Any, ...] = ("interactive", "bulk")
        for priority in priorities:
            waiting = self._batcher.waiting(priority)
            requests.add_metric([priority], waiting[0])
            tokens.add_metric([priority], waiting[1])
        yield requests
        yield tokens
