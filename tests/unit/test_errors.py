"""The tree of errors: as it is drawn, what each carries, and which a host can catch."""

from __future__ import annotations

import inspect
import re

import pytest

from flask_antom import errors
from flask_antom.errors import (
    AntomError,
    CheckoutError,
    CheckoutUnavailable,
    GatewayError,
    NotificationError,
    NotificationForged,
    NotificationMalformed,
    OutcomeUnknown,
    PaymentRefused,
    Refused,
    SignatureError,
)

CLASSES = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BaseException)
}

#: What a browser is told (the public interface: never change these).
PROBLEMS = {
    "InvalidRequest": (400, "invalid_request"),
    "OrderNotFound": (404, "order_not_found"),
    "OrderAlreadyPaid": (409, "order_already_paid"),
    "OrderClosed": (409, "order_closed"),
    "NothingToPay": (422, "nothing_to_pay"),
    "NotConfigured": (503, "not_configured"),
    "MethodNotOffered": (422, "method_not_offered"),
    "PaymentRefused": (422, "payment_refused"),
    "CheckoutUnavailable": (503, "outcome_unknown"),
    "TooManyReports": (429, "too_many_reports"),
    "UnusableOrder": (500, "invalid_order"),
}


def drawn_tree() -> dict[str, str]:
    """Read the drawing in the module's docstring: each class and its parent."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([ │├└─]*)([A-Z]\w+)", line)
        if match is None:
            continue
        depth, name = len(match[1]), match[2]
        while above and above[-1][0] >= depth:
            above.pop()
        parents[name] = above[-1][1] if above else ""
        above.append((depth, name))
    return parents


def test_the_tree_is_as_it_is_drawn() -> None:
    tree = drawn_tree()
    assert tree.keys() == CLASSES.keys()
    assert tree.pop("AntomError") == ""
    for name, parent in tree.items():
        assert CLASSES[name].__bases__[0] is CLASSES[parent]


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_one_of_ours_and_is_explained(name: str) -> None:
    assert issubclass(CLASSES[name], AntomError)
    assert CLASSES[name].__module__ == "flask_antom.errors"
    assert inspect.getdoc(CLASSES[name])


@pytest.mark.parametrize("name", ["InvalidMoney", "InvalidOrder"])
def test_a_wrong_value_of_the_hosts_is_a_value_error_too(name: str) -> None:
    assert issubclass(CLASSES[name], ValueError)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_has_its_status_and_its_stable_code(name: str) -> None:
    kind = CLASSES[name]
    assert issubclass(kind, CheckoutError)
    assert (kind.status, kind.code) == PROBLEMS[name]
    assert kind.title.endswith(".")


def test_every_problem_has_a_code_of_its_own() -> None:
    leaves = CheckoutError.__subclasses__()
    assert {kind.__name__ for kind in leaves} == PROBLEMS.keys()
    assert len({kind.code for kind in leaves}) == len(leaves)
    assert len({kind.title for kind in leaves}) == len(leaves)


def test_a_refused_payment_carries_antoms_code() -> None:
    error = PaymentRefused("Antom refused.", "RISK_REJECT")
    assert (str(error), error.result_code) == ("Antom refused.", "RISK_REJECT")


def test_an_unknown_outcome_tells_when_to_ask_again() -> None:
    assert CheckoutUnavailable("Not known yet.").retry_after == 5
    assert CheckoutUnavailable("Not known yet.", 30).retry_after == 30


def test_a_refusal_is_never_caught_as_an_unknown_outcome_nor_the_reverse() -> None:
    refused = Refused("cancel", "cancel: NO", "NO", signed=True)
    unknown = OutcomeUnknown("cancel", "no answer")
    assert isinstance(refused, GatewayError)
    assert isinstance(unknown, GatewayError)
    assert not isinstance(refused, OutcomeUnknown)
    assert not isinstance(unknown, Refused)
    assert (refused.operation, refused.result_code, refused.signed) == (
        "cancel",
        "NO",
        True,
    )
    assert (unknown.operation, unknown.result_code) == ("cancel", None)
    assert OutcomeUnknown("cancel", "result U", "U_CODE").result_code == "U_CODE"


def test_a_bad_signature_has_a_reason_for_monitoring() -> None:
    error = SignatureError("mismatch", "No key fits.")
    assert (error.reason, str(error)) == ("mismatch", "No key fits.")


def test_a_notification_that_is_not_taken_has_its_status() -> None:
    for kind, status in (
        (NotificationError, 400),
        (NotificationMalformed, 400),
        (NotificationForged, 401),
    ):
        error = kind("client-id", "Not ours.")
        assert (error.status, error.reason, str(error)) == (
            status,
            "client-id",
            "Not ours.",
        )
