"""Numbers for Prometheus. Needs the extra ``flask-antom[prometheus]``.

::

    metrics = init_prometheus(app)

    @app.get("/metrics")
    def show_metrics():
        return metrics.response()

The numbers are in the default registry of prometheus-client, so whatever shows that one
shows them, too. With several processes, set ``PROMETHEUS_MULTIPROC_DIR`` as
prometheus-client wants it; :meth:`PrometheusMetrics.response` adds the processes up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, request
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ..app_state import AppState
from ..flows.ages import seconds_waiting
from ..log_lines import Log
from ..measures import GAUGES, METRICS, Work

__all__ = ["PrometheusMetrics", "init_prometheus"]

log: Log = Log(__name__)


def init_prometheus(
    app: Flask, *, registry: CollectorRegistry = REGISTRY
) -> PrometheusMetrics:
    """Count and time an app's payments for Prometheus.

    Call it once for each app, after ``antom.init_app(app)``. Several apps in one
    process need a registry each.

    :param registry: the registry for the numbers.
    :returns: what shows them.
    """
    return PrometheusMetrics(app, registry)


class PrometheusMetrics:
    """The numbers of one app, in a registry."""

    def __init__(self, app: Flask, registry: CollectorRegistry) -> None:
        state: AppState = app.extensions["antom"]
        self._registry = registry
        self._gauges = _Gauges(state)
        registry.register(self._gauges)
        state.measures.add(_Watcher(registry))

    def response(self) -> Response:
        """Return all numbers of the registry, as Prometheus wants them.

        Let nobody but your Prometheus read them. It may pass ``name[]`` to choose.
        """
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            make: Any = MultiProcessCollector
            make(registry)
            registry.register(self._gauges)
        chosen: Any = registry
        if names := request.args.getlist("name[]"):
            chosen = registry.restricted_registry(names)
        answer = Response(generate_latest(chosen), content_type=CONTENT_TYPE_LATEST)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _name(name: str) -> str:
    return name.replace(".", "_")


class _Watcher:
    """Writes each fact into its metric."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._metrics: dict[str, Any] = {}
        for kind, metric in METRICS.items():
            name, labels = _name(metric.name), metric.labels
            if metric.buckets:
                self._metrics[kind] = Histogram(
                    name,
                    metric.help,
                    labels,
                    unit="seconds",
                    buckets=metric.buckets,
                    registry=registry,
                )
            else:
                self._metrics[kind] = Counter(
                    name, metric.help, labels, registry=registry
                )

    def begin(self, work: Work) -> None:
        pass

    def end(self, work: Work, seconds: float) -> None:
        self._metrics[work.kind].labels(*work.values()).observe(seconds)

    def count(self, kind: str, values: tuple[str, ...], seconds: float) -> None:
        metric = self._metrics[kind].labels(*values)
        if METRICS[kind].buckets:
            metric.observe(seconds)
        else:
            metric.inc()


class _Gauges(Collector):
    """Reads the tables whenever Prometheus asks."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def describe(self) -> Iterator[Metric]:
        for metric in GAUGES.values():
            yield GaugeMetricFamily(_name(metric.name), metric.help, unit="seconds")

    def collect(self) -> Iterator[Metric]:
        for name, metric in GAUGES.items():
            try:
                seconds = seconds_waiting(self._state, name)
            except Exception as error:
                log.warning("The tables cannot be read for Prometheus: %s.", error)
                return
            yield GaugeMetricFamily(
                _name(metric.name), metric.help, seconds, unit="seconds"
            )
