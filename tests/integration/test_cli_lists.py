"""``flask antom list``, ``events`` and ``notifications``, and what ``show`` finds."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
import sqlalchemy as sa

from flask_antom.cli import group
from flask_antom.cli.times import read_moment
from flask_antom.signals import payment_succeeded, refund_succeeded
from flask_antom.store import listings
from tests.integration.actions import refund
from tests.support.canaries import CANARIES
from tests.support.offline import GUIDE, OfflineShop, capture_notice, failed
from tests.support.receivers import DONE, ID, Switch

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


def run(offline: OfflineShop, *arguments: str, code: int = 0) -> str:
    result = offline.shop.app.test_cli_runner().invoke(args=["antom", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def read(offline: OfflineShop, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(offline, *arguments, "--json"))
    return found


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def names(offline: OfflineShop, *arguments: str) -> list[str]:
    return [row["request_id"] for row in read(offline, "list", *arguments)["payments"]]


@pytest.mark.every_database
def test_payments_are_listed_newest_first(offline: OfflineShop) -> None:
    offline.add_payment("second", "A-2")
    offline.notify()
    lines = run(offline, "list").splitlines()
    assert lines[0].split() == [
        "Opened",
        "Order",
        "Amount",
        "Status",
        "Method",
        "Payment",
    ]
    assert [line.split()[-1] for line in lines[1:]] == ["second", ID]
    assert names(offline, "--status", "succeeded") == [ID]
    assert names(offline, "--order", "A-2") == ["second"]
    assert names(offline, "--since", "1h") == ["second", ID]
    assert names(offline, "--until", "1h") == []
    assert names(offline, "--since", "today", "--until", "yesterday") == []


def test_a_list_says_how_to_see_more(offline: OfflineShop) -> None:
    for number in range(4):
        offline.add_payment(f"more-{number}")
    output = run(offline, "list", "--limit", "2")
    assert output.endswith("There are more: add --before 4, or a higher --limit.\n")
    first = read(offline, "list", "--limit", "2")
    assert (len(first["payments"]), first["more"]) == (2, 4)
    assert names(offline, "--before", "4") == ["more-1", "more-0", ID]


def test_a_long_list_is_read_page_by_page(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_antom.cli.paging._PAGE", 2)
    monkeypatch.setattr(listings, "WINDOW", 2)
    for number in range(6):
        offline.add_payment(f"more-{number}", status=("failed", "expired")[number % 2])
    assert names(offline, "--limit", "5") == [f"more-{n}" for n in (5, 4, 3, 2, 1)]
    found = names(offline, "--status", "failed", "--since", "today")
    assert found == ["more-4", "more-2", "more-0"]


def test_a_search_that_takes_too_long_says_how_far_it_went(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_antom.cli.lists._MOST_SINCE", 2)
    monkeypatch.setattr(listings, "WINDOW", 2)
    for number in range(6):
        offline.add_payment(f"more-{number}")
    offline.notify(result=failed())
    for more, last in (((), 6), (("--since", "today"), 4)):
        output = run(offline, "list", "--status", "failed", *more)
        assert output.startswith("No payments.\nOnly payments back to 20")
        assert output.endswith(f"To look further back, add --before {last}.\n")
    assert names(offline, "--status", "failed", "--before", "3") == [ID]
    assert ID in run(offline, "list", "--status", "failed", "--csv")


def test_csv_is_for_a_spreadsheet_and_runs_nothing_there(offline: OfflineShop) -> None:
    offline.add_payment("second", reference="=1+1")
    offline.notify()
    rows = list(csv.DictReader(io.StringIO(run(offline, "list", "--csv"))))
    assert [row["order"] for row in rows] == ["'=1+1", "A-1"]
    paid = rows[1]
    assert (paid["amount"], paid["captured"], paid["currency"]) == (
        *("42.00", "42.00"),
        "MYR",
    )
    assert paid["antom_payment_id"] == GUIDE["paymentId"]


@pytest.mark.every_database
def test_undelivered_events_come_first(offline: OfflineShop) -> None:
    switch = Switch()
    offline.shop.connect(payment_succeeded, switch)
    offline.notify()
    switch.is_broken = False
    offline.add_payment("second", "A-2")
    offline.notify(paymentRequestId="second", paymentId="P-2")
    failing, delivered = read(offline, "events")["events"]
    assert (failing["order_reference"], failing["state"]) == ("A-1", "failed")
    assert (delivered["order_reference"], delivered["state"]) == ("A-2", "delivered")
    assert delivered["id"] > failing["id"]
    line = run(offline, "events", "--state", "undelivered").splitlines()[1]
    assert re.search(r"payment_succeeded  A-1    failed  .* RuntimeError: no sto", line)
    for state, number in (("undelivered", 1), ("given_up", 0), ("delivered", 1)):
        assert len(read(offline, "events", "--state", state)["events"]) == number
    assert read(offline, "events", "--name", "payment_failed")["events"] == []
    assert "claim" not in failing


def test_the_next_events_are_those_of_the_state_that_was_last(
    offline: OfflineShop,
) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    for number in range(3):
        offline.add_payment(f"more-{number}", f"B-{number}")
        offline.notify(paymentRequestId=f"more-{number}", paymentId=f"P-{number}")
    output = run(offline, "events", "--limit", "2")
    assert output.endswith(
        "There are more: add --state undelivered --before 2, or a higher --limit.\n"
    )


@pytest.mark.every_database
def test_notifications_are_listed_by_outcome_and_type(offline: OfflineShop) -> None:
    offline.notify()
    offline.notify(notifyType="PAYMENT_PENDING", paymentRequestId="lost")
    everything = read(offline, "notifications")["notifications"]
    assert [row["notify_type"] for row in everything] == [
        "PAYMENT_PENDING",
        "PAYMENT_RESULT",
    ]
    (row,) = read(offline, "notifications", "--outcome", "applied")["notifications"]
    assert row["request_id"] == ID
    output = run(offline, "notifications", "--type", "PAYMENT_PENDING")
    assert "lost" in output
    assert ID not in output


@pytest.mark.every_database
def test_a_payment_is_found_by_the_numbers_and_captures_of_its_story(
    offline: OfflineShop,
) -> None:
    offline.add_payment(
        "card", "C-1", method="CARD", payment_id="P", status="authorized"
    )
    offline.notify(capture_notice("P"))
    offline.notify(paymentId="P-1")
    antom = offline.shop.antom
    event = offline.shop.rows(antom.Event)[-1].id
    notice = offline.shop.rows(antom.Notification)[-1].id

    def found(*wanted: str) -> str:
        (payment,) = read(offline, "show", *wanted)["payments"]
        return str(payment["order_reference"])

    assert found("C1") == "C-1"
    assert found("--event", str(event)) == "A-1"
    assert found("--notification", str(notice)) == "A-1"
    first = offline.shop.rows(antom.Notification)[0].id
    assert found("--notification", str(first)) == "C-1"
    output = run(offline, "show", "--event", "999999", code=1)
    assert "There is no payment that event 999999 is about." in output


def test_a_number_with_two_meanings_is_refused(offline: OfflineShop) -> None:
    offline.add_payment("second", "A-2")
    offline.notify(notifyType="PAYMENT_PENDING", paymentRequestId="second")
    offline.notify()
    with offline.shop.app.app_context():
        db, model = offline.shop.db, offline.shop.antom.Event
        of_first = offline.shop.rows(model)[-1].payment_ref
        db.session.execute(sa.update(model).where(model.id == 1).values(name="x"))
        db.session.execute(sa.update(model).where(model.id == 2).values(id=9))
        db.session.execute(
            sa.update(model).where(model.id == 1).values(payment_ref=of_first)
        )
        db.session.commit()
    output = run(offline, "show", "1", code=1)
    assert "say --event or --notification" in output
    assert "A-1" in run(offline, "show", "--event", "1")
    assert "A-2" in run(offline, "show", "--notification", "1")
    assert "A-1" in run(offline, "show", "2")


def test_the_story_goes_from_the_click_to_the_receiver(offline: OfflineShop) -> None:
    offline.shop.connect(payment_succeeded, Switch())
    offline.notify(paymentTime=None)
    (payment,) = read(offline, "show", "A-1")["payments"]
    told = payment["story"]
    assert [entry["kind"] for entry in told if entry["kind"] != "payment"] == [
        *("click", "notification", "event", "receiver"),
    ]
    assert told[-1]["text"].endswith("is not delivered: RuntimeError: no stock left")
    story = run(offline, "show", "A-1").partition("  Story\n")[2]
    assert [line.split()[1] for line in story.splitlines()] == [
        entry["kind"] for entry in told
    ]


def test_a_refund_is_over_before_its_receiver_runs(offline: OfflineShop) -> None:
    offline.shop.connect(refund_succeeded, Switch(is_broken=False))
    offline.notify()
    offline.answers["refund"] = DONE
    refund(offline.shop, 1000)
    db, model = offline.shop.db, offline.shop.antom.Refund
    with offline.shop.app.app_context():
        later = datetime.now(UTC) + timedelta(minutes=1)  # a copy came
        db.session.execute(db.update(model).values(updated_at=later))
        db.session.commit()
    (payment,) = read(offline, "show", "A-1")["payments"]
    texts = [one["text"] for one in payment["story"] if "efund" in one["text"]]
    assert [re.split(r": | \(", text)[0] for text in texts] == [
        "Refund of 10.00 MYR",
        "Refund of 10.00 MYR has succeeded",
        *("refund_succeeded", "refund_succeeded"),
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("today", datetime(2026, 11, 28, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 27, tzinfo=UTC)),
        ("30min", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T09:00", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        ("2026-11-01T09:00+08:00", datetime(2026, 11, 1, 1, tzinfo=UTC)),
        ("2026-11-01T09:00:30Z", datetime(2026, 11, 1, 9, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_what_a_person_means(text: str, meant: datetime) -> None:
    assert read_moment(text)(NOW) == meant


@pytest.mark.parametrize("text", ["tomorrow", "2x", "", "28.11.2026", "99999d", "-2h"])
def test_what_is_no_time_is_an_error_of_usage(offline: OfflineShop, text: str) -> None:
    output = run(offline, "list", f"--since={text}", code=2)
    assert "is no time: write today" in output


def test_two_forms_at_once_are_an_error_of_usage(offline: OfflineShop) -> None:
    assert "exclude each other" in run(offline, "list", "--json", "--csv", code=2)


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("show", "A-1"), ("sweep",), ("purge", "--older-than", "9")],
)
def test_a_database_without_tables_is_said_in_short(
    offline: OfflineShop, arguments: tuple[str, ...]
) -> None:
    with offline.shop.app.app_context():
        offline.shop.db.drop_all()
    output = run(offline, *arguments, code=1)
    assert output.startswith("Error: The database has failed: ")
    assert "antom_" in output
    assert output.endswith(
        "    flask antom check\nnames the cure, such as a migration.\n"
    )
    assert len(output.splitlines()) == 3


@pytest.mark.parametrize("name", ["work", "tail"])
@pytest.mark.parametrize("pause", ["0", "-1"])
def test_nothing_looks_without_a_pause(
    offline: OfflineShop, name: str, pause: str
) -> None:
    run(offline, name, "--pause", pause, code=2)


def commands() -> list[str]:
    return group.list_commands(click.Context(group))


@pytest.mark.parametrize("name", commands())
def test_the_help_of_a_command_has_an_example(offline: OfflineShop, name: str) -> None:
    output = run(offline, name, "--help")
    assert re.search(rf"^  Examples?:\n    flask antom {name}\b", output, re.MULTILINE)


@pytest.mark.parametrize("name", ["", *commands()])
def test_help_is_whole(offline: OfflineShop, name: str) -> None:
    """Nothing is cut off, and each line of an example is its own."""
    output = run(offline, *filter(None, [name]), "--help")
    assert "..." not in output.partition("\nCommands:")[2], output
    _, _, examples = output.partition("  Example")
    examples, _, _ = examples.partition("\nOptions:")
    assert not re.search(r"\S {3,}", examples), output


def test_no_list_shows_a_secret(offline: OfflineShop) -> None:
    secrets = {"session_data": CANARIES["session data"], "buyer_reference": "canary-b"}
    offline.add_payment("secret", normal_url=CANARIES["normal url"], **secrets)
    card = {"cardNo": CANARIES["card"], "x": CANARIES["name"]}
    offline.notify(paymentRequestId="secret", paymentResultInfo=card)
    for name in ("list", "events", "notifications"):
        for more in ((), ("--json",)):
            assert "canary" not in run(offline, name, *more).casefold()
    assert "canary" not in run(offline, "list", "--csv").casefold()
