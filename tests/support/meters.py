"""The real SDKs of OpenTelemetry and Prometheus, and what they have seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from flask_antom.contrib.opentelemetry import init_opentelemetry
from flask_antom.contrib.prometheus import PrometheusMetrics, init_prometheus

Labels = Mapping[str, str]


class Traced:
    """An app that OpenTelemetry watches."""

    def __init__(self, app: Flask) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._meters = MeterProvider([self._reader])
        init_opentelemetry(
            app, tracer_provider=self.tracers, meter_provider=self._meters
        )

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def points(self, name: str) -> list[tuple[dict[str, str], Any]]:
        """Return labels and value of each point: a number, or a histogram's count."""
        found = []
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points if metric.name == name else ():
                        value = getattr(point, "value", getattr(point, "count", None))
                        labels = {
                            k: str(v) for k, v in (point.attributes or {}).items()
                        }
                        found.append((labels, value))
        return found

    def text(self) -> str:
        """Return all that would be sent."""
        data = self._reader.get_metrics_data()
        spans = [span.to_json() for span in self.spans]
        return "\n".join([*spans, data.to_json() if data else ""])

    def close(self) -> None:
        self.tracers.shutdown()
        self._meters.shutdown()


class Scraped:
    """An app that Prometheus watches."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.registry = CollectorRegistry()
        self.metrics: PrometheusMetrics = init_prometheus(app, registry=self.registry)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def samples(self, name: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Return the values of a metric by their labels."""
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name
        }

    def text(self) -> str:
        with self._app.test_request_context():
            return self.metrics.response().get_data(as_text=True)


@contextmanager
def traced(app: Flask) -> Iterator[Traced]:
    watched = Traced(app)
    try:
        yield watched
    finally:
        watched.close()
