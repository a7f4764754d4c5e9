"""Spans and numbers for OpenTelemetry. Needs the extra ``flask-antom[opentelemetry]``.

::

    init_opentelemetry(app)

A span bears ids, and no token, body, header, address or buyer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Token
from functools import partial
from typing import Any

from flask import Flask
from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider

from ..app_state import AppState
from ..flows.ages import seconds_waiting
from ..log_lines import Log
from ..measures import GAUGES, METRICS, Metric, Work

__all__ = ["init_opentelemetry"]

log: Log = Log(__name__)

_NAME = "flask_antom"

#: Results of work after which its span has the status of an error.
_BAD = frozenset({"error", "failed", "loader_failed", "refused", "unknown"})

_Gauge = Callable[[CallbackOptions], Iterator[Observation]]


def init_opentelemetry(
    app: Flask,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Trace, count and time an app's payments for OpenTelemetry.

    Call it once for each app, after ``antom.init_app(app)``.

    :param tracer_provider: by default the global one.
    :param meter_provider: by default the global one.
    """
    state: AppState = app.extensions["antom"]
    meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
    instruments = {kind: _instrument(meter, metric) for kind, metric in METRICS.items()}
    for name, metric in GAUGES.items():
        read: _Gauge = partial(_read, state, name)
        meter.create_observable_gauge(
            metric.name, [read], unit="s", description=metric.help
        )
    tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
    state.measures.add(_Watcher(tracer, instruments))


def _instrument(meter: Any, metric: Metric) -> Any:
    if not metric.buckets:
        return meter.create_counter(metric.name, description=metric.help)
    create = partial(
        meter.create_histogram, metric.name, unit="s", description=metric.help
    )
    try:
        return create(explicit_bucket_boundaries_advisory=list(metric.buckets))
    except TypeError:  # before opentelemetry-api 1.30
        return create()


def _read(
    state: AppState, name: str, options: CallbackOptions
) -> Iterator[Observation]:
    try:
        yield Observation(seconds_waiting(state, name))
    except Exception as error:
        log.warning("The tables cannot be read for OpenTelemetry: %s.", error)


class _Watcher:
    """Makes a span of each work, and writes each fact into its instrument."""

    def __init__(self, tracer: trace.Tracer, instruments: dict[str, Any]) -> None:
        self._tracer = tracer
        self._instruments = instruments
        self._open: dict[int, tuple[Span, Token[Context]]] = {}

    def begin(self, work: Work) -> None:
        kind = SpanKind.CLIENT if work.kind == "call" else SpanKind.INTERNAL
        span = self._tracer.start_span(f"antom.{work.kind}", kind=kind)
        token = context.attach(trace.set_span_in_context(span))
        self._open[id(work)] = span, token

    def end(self, work: Work, seconds: float) -> None:
        span, token = self._open.pop(id(work))
        context.detach(token)
        for name, value in {**work.labels, **work.ids}.items():
            if value != "":
                span.set_attribute(f"antom.{name}", value)
        if work.error:
            span.set_attribute("error.type", work.error)
        if work.error or work.labels.get("result") in _BAD:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        labels = dict(zip(METRICS[work.kind].labels, work.values(), strict=True))
        self._instruments[work.kind].record(seconds, labels)

    def count(self, kind: str, values: tuple[str, ...], seconds: float) -> None:
        labels = dict(zip(METRICS[kind].labels, values, strict=True))
        if METRICS[kind].buckets:
            self._instruments[kind].record(seconds, labels)
        else:
            self._instruments[kind].add(1, labels)
