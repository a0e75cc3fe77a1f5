"""Traces for OpenTelemetry: one span for each request."""

from __future__ import annotations

from typing import Any

from likewise.extras import require
from likewise.server.http import App


def traced(app: App) -> App:
    """The app with a span for each request.

    Spans go where `OTEL_EXPORTER_OTLP_ENDPOINT` and its relatives say; an incoming `traceparent`
    header is continued. Texts are never part of a span.

    Raises:
        MissingExtraError: the extra `telemetry` is not installed.
    """
    instrumentation: Any = require("opentelemetry.instrumentation.asgi", "telemetry")
    sdk: Any = require("opentelemetry.sdk.trace", "telemetry")
    export: Any = require("opentelemetry.sdk.trace.export", "telemetry")
    otlp: Any = require("opentelemetry.exporter.otlp.proto.http.trace_exporter", "telemetry")
    resources: Any = require("opentelemetry.sdk.resources", "telemetry")
    resource = resources.Resource.create({"service.name": "likewise"})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    wrapped: App = instrumentation.OpenTelemetryMiddleware(
        app, tracer_provider=provider, exclude_spans=["receive", "send"]
    )
    return wrapped
