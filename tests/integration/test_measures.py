"""Do the real SDKs of OpenTelemetry and Prometheus see what happens to payments?"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.trace import SpanKind, StatusCode

from flask_antom import Money
from flask_antom.app_state import AppState
from flask_antom.errors import OutcomeUnknown
from flask_antom.measures import GAUGES, METRICS, Measures, Work
from flask_antom.signals import payment_succeeded
from tests.integration.actions import refund
from tests.support.meters import Scraped, Traced, traced
from tests.support.offline import GUIDE, SESSION, OfflineShop, failed
from tests.support.paths import ROOT
from tests.support.receivers import DONE, Switch, disconnect_all


def play(offline: OfflineShop) -> str:
    """Open a session, be notified, refund a part; gives the request id."""
    offline.answers |= {"createPaymentSession": SESSION, "refund": DONE}
    begun: Any = offline.shop.pay().json
    request_id: str = begun["paymentRequestId"]
    offline.notify(paymentRequestId=request_id)
    refund(offline.shop, 1000)
    return request_id


@pytest.fixture
def scraped(offline: OfflineShop) -> Scraped:
    return Scraped(offline.shop.app)


@pytest.fixture
def trace(offline: OfflineShop) -> Iterator[Traced]:
    with traced(offline.shop.app) as watched:
        yield watched


def test_prometheus_counts_a_payment(offline: OfflineShop, scraped: Scraped) -> None:
    play(offline)
    value = scraped.value
    assert value("antom_session_duration_seconds_count", result="opened") == 1
    assert (
        value(
            "antom_notifications_total",
            type="PAYMENT_RESULT",
            outcome="applied",
            reason="",
        )
        == 1
    )
    assert (
        value(
            "antom_payments_total",
            status="succeeded",
            method="GCASH",
            source="notification",
        )
        == 1
    )
    assert value("antom_payment_duration_seconds_count", method="GCASH") == 1
    assert value("antom_refunds_total", status="succeeded", source="refund") == 1
    for signal in ("payment_succeeded", "refund_succeeded"):
        labels = {"signal": signal, "result": "delivered"}
        assert value("antom_delivery_duration_seconds_count", **labels) == 1
    assert value("antom_notification_duration_seconds_count", result="applied") == 1
    for operation in ("createPaymentSession", "refund"):
        labels = {"operation": operation, "result": "success"}
        assert value("antom_call_duration_seconds_count", **labels) == 1


def test_opentelemetry_counts_the_same(offline: OfflineShop, trace: Traced) -> None:
    play(offline)
    paid = {"status": "succeeded", "method": "GCASH", "source": "notification"}
    assert trace.points("antom.payments") == [(paid, 1)]
    assert trace.points("antom.payment.duration") == [({"method": "GCASH"}, 1)]
    accepted = {"type": "PAYMENT_RESULT", "outcome": "applied", "reason": ""}
    assert trace.points("antom.notifications") == [(accepted, 1)]
    assert trace.points("antom.refunds") == [
        ({"status": "succeeded", "source": "refund"}, 1)
    ]
    calls = {
        labels["operation"]: n for labels, n in trace.points("antom.call.duration")
    }
    assert calls == {"createPaymentSession": 1, "refund": 1}
    assert trace.points("antom.oldest_undelivered_event") == [({}, 0.0)]


def test_both_export_the_same_names(
    offline: OfflineShop, scraped: Scraped, trace: Traced
) -> None:
    play(offline)
    offline.shop.sweep()
    names = {metric.name for metric in (*METRICS.values(), *GAUGES.values())}
    assert {name for name in names if trace.points(name)} == names
    told = {metric.name for metric in scraped.registry.collect()}
    plain = {name.replace(".", "_") for name in names}
    assert {name.removesuffix("_seconds") for name in told} == plain


def test_spans_name_what_they_are_about(offline: OfflineShop, trace: Traced) -> None:
    request_id = play(offline)
    offline.shop.sweep()
    names = [span.name for span in trace.spans]
    assert names == [
        "antom.call",
        "antom.session",
        "antom.delivery",
        "antom.notify",
        "antom.call",
        "antom.delivery",
        "antom.sweep",
    ]
    call, session, delivery, notify, *_ = trace.spans
    assert call.kind is SpanKind.CLIENT
    assert call.parent is not None
    assert session.context is not None
    assert call.parent.span_id == session.context.span_id
    assert notify.context is not None
    assert delivery.parent is not None
    assert delivery.parent.span_id == notify.context.span_id
    assert dict(session.attributes or {}) == {
        "antom.result": "opened",
        "antom.order": "A-1",
        "antom.payment": request_id,
    }
    assert dict(call.attributes or {}) == {
        "antom.operation": "createPaymentSession",
        "antom.result": "success",
        "antom.payment": request_id,
    }
    assert dict(delivery.attributes or {}) == {
        "antom.signal": "payment_succeeded",
        "antom.result": "delivered",
        "antom.order": "A-1",
        "antom.payment": request_id,
        "antom.event_id": 1,
    }
    assert dict(notify.attributes or {}) == {
        "antom.result": "applied",
        "antom.payment": request_id,
        "antom.payment_id": GUIDE["paymentId"],
    }
    assert all(span.status.status_code is not StatusCode.ERROR for span in trace.spans)


def test_what_fails_is_counted_and_marked(
    offline: OfflineShop, scraped: Scraped, trace: Traced
) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.add_payment()
    offline.notify()
    failure = {"signal": "payment_succeeded", "result": "failed"}
    assert scraped.value("antom_delivery_duration_seconds_count", **failure) == 1
    delivery, notify = trace.spans
    assert delivery.status.status_code is StatusCode.ERROR
    assert dict(notify.attributes or {})["error.type"] == "DeliveryFailed"
    assert notify.events == ()

    assert offline.shop.pay(reference="A-2").status_code == 404
    lost = scraped.value(
        "antom_session_duration_seconds_count", result="order_not_found"
    )
    assert lost == 1

    body = {"operation": "inquiryPayment", "result": "unknown"}
    with pytest.raises(OutcomeUnknown):
        offline.shop.call("sync")
    assert scraped.value("antom_call_duration_seconds_count", **body) == 1


def test_a_refused_notification_is_counted_by_reason(
    offline: OfflineShop, scraped: Scraped
) -> None:
    offline.post(b"{}", {})
    offline.post(b"x" * 70_000, {})
    refused = {"type": "", "outcome": "refused"}
    value = scraped.value
    assert value("antom_notifications_total", **refused, reason="missing") == 1
    assert value("antom_notifications_total", **refused, reason="too_large") == 1
    assert value("antom_notification_duration_seconds_count", result="refused") == 1


def test_labels_have_few_values(offline: OfflineShop, scraped: Scraped) -> None:
    for number in range(5):
        offline.add_payment(f"R-{number}", f"A-{number}", method=f"NEW_{number}")
        offline.notify(paymentRequestId=f"R-{number}", paymentId=f"P-{number}")
        offline.notify(
            {"notifyType": f"NEW_{number}", "paymentId": "P", "other": number}
        )
    methods = {
        dict(labels)["method"] for labels in scraped.samples("antom_payments_total")
    }
    assert methods == {"other"}
    types = {
        dict(labels)["type"] for labels in scraped.samples("antom_notifications_total")
    }
    assert types == {"PAYMENT_RESULT", "other"}


def test_a_payment_that_a_sweep_finds(offline: OfflineShop, scraped: Scraped) -> None:
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
    offline.add_payment(method="GCASH", inquire_at=datetime.now(UTC))
    offline.shop.clock.wind(timedelta(minutes=5))
    assert scraped.value("antom_oldest_overdue_task_seconds") == pytest.approx(300, 0.1)
    offline.shop.sweep()
    labels = {"status": "succeeded", "method": "GCASH", "source": "inquiry"}
    assert scraped.value("antom_payments_total", **labels) == 1
    assert scraped.value("antom_sweep_duration_seconds_count", result="done") == 1
    assert scraped.value("antom_oldest_overdue_task_seconds") == 0


@pytest.mark.every_database
def test_gauges_say_for_how_long_something_waits(offline: OfflineShop) -> None:
    scraped = Scraped(offline.shop.app)
    names = [f"{metric.name.replace('.', '_')}_seconds" for metric in GAUGES.values()]
    assert [scraped.value(name) for name in names] == [0, 0, 0]
    disconnect_all(offline)
    now = offline.shop.clock.now()
    offline.add_payment()
    offline.notify()
    offline.add_payment("R-2", "A-2", status="pending", inquire_at=now, created_at=now)
    offline.shop.clock.wind(timedelta(hours=1))
    for name in names:
        seconds = scraped.value(name)
        assert seconds is not None
        assert 3500 < seconds < 3700, name


@pytest.mark.every_database
def test_gauges_look_at_few_rows(offline: OfflineShop) -> None:
    """Each has one or two statements, and a limit or the first row of an index."""
    scraped = Scraped(offline.shop.app)
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if "antom_" in statement:
            statements.append(statement)

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    scraped.text()
    sa.event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 4
    assert all("LIMIT" in one and "count(" not in one.lower() for one in statements)


def test_a_database_that_is_away_spares_the_other_numbers(
    offline: OfflineShop, scraped: Scraped, caplog: pytest.LogCaptureFixture
) -> None:
    play(offline)
    with offline.shop.app.app_context():
        offline.shop.db.drop_all()
    text = scraped.text()
    assert "antom_payments_total{" in text
    assert "antom_oldest_undelivered_event_seconds 0" not in text
    assert "cannot be read" in caplog.text


class Broken:
    """A watcher that raises."""

    def begin(self, work: Work) -> None:
        raise RuntimeError("begin")

    def end(self, work: Work, seconds: float) -> None:
        raise RuntimeError("end")

    def count(self, kind: str, values: tuple[str, ...], seconds: float) -> None:
        raise RuntimeError("count")


def test_a_watcher_that_raises_harms_nobody(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    state: AppState = offline.shop.app.extensions["antom"]
    state.measures.add(Broken())
    scraped = Scraped(offline.shop.app)
    play(offline)
    assert offline.shop.fulfilled() == 1
    assert (
        scraped.value("antom_refunds_total", status="succeeded", source="refund") == 1
    )
    complaints = [line for line in caplog.messages if "watches the payments" in line]
    assert 1 <= len(complaints) <= 3
    assert [r.levelno for r in caplog.records if r.exc_info] == [logging.ERROR] * 3


def test_nobody_watches_at_first() -> None:
    measures = Measures()
    with measures.work("call", operation="refund") as work:
        work.note(result="success")
        work.about(order="A-1")
    assert (work.labels, work.ids, measures.are_watched) == ({}, {}, False)
    assert measures.work("sweep") is work


def test_money_held_and_captured_is_paid_once(
    offline: OfflineShop, scraped: Scraped
) -> None:
    offline.answers["capture"] = DONE
    offline.add_payment(method="CARD")
    offline.notify(paymentMethodType="CARD")
    offline.shop.call("capture", Money(4200, "MYR"))
    assert scraped.value("antom_payment_duration_seconds_count", method="CARD") == 1
    statuses = {
        dict(labels)["status"] for labels in scraped.samples("antom_payments_total")
    }
    assert statuses == {"authorized", "succeeded"}


def test_a_refusal_of_antoms(offline: OfflineShop, scraped: Scraped) -> None:
    offline.answers["createPaymentSession"] = {"result": failed("RISK_REJECT")}
    offline.shop.pay()
    labels = {"operation": "createPaymentSession", "result": "refused"}
    assert scraped.value("antom_call_duration_seconds_count", **labels) == 1
    value = scraped.value(
        "antom_session_duration_seconds_count", result="payment_refused"
    )
    assert value == 1


@pytest.mark.slow
def test_several_processes_are_added_up(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    module = "tests.integration.prometheus_worker"
    shown = ""
    for payments in (2, 3, 0):
        shown = subprocess.run(
            [sys.executable, "-m", module, str(payments)],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
    paid = 'method="GCASH",source="notification",status="succeeded"'
    assert f"antom_payments_total{{{paid}}} 5.0" in shown
    assert "antom_oldest_undelivered_event_seconds 0.0" in shown


def test_a_view_shows_the_numbers(offline: OfflineShop, scraped: Scraped) -> None:
    app = offline.shop.app
    app.add_url_rule("/metrics", view_func=scraped.metrics.response)
    play(offline)
    answer = app.test_client().get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "antom_payments_total{" in answer.text
    chosen = app.test_client().get("/metrics?name[]=antom_refunds_total")
    assert "antom_payments_total{" not in chosen.text
    assert "antom_refunds_total{" in chosen.text
