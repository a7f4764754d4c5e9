"""The faults of other integrations do not happen here.

The numbers are those of a study of peers: the complaints of their users, and (A) what
they got wrong about Antom. Each has its test, here or elsewhere:

=== ====================================== ==========================================
No. What went wrong                        The test that shows it does not
=== ====================================== ==========================================
1   a failed handler is never called again test_delivery: antoms_repeat_delivers
2   a duplicate crashes                    concurrency: copies_of_a_notification
3   signatures never verify                test_signing: taken_in_every_encoding;
                                           test_notifications: a_wrong_path
4   unsigned answers are believed          test_transport: antom_did_not_sign
5   notification against request           concurrency: at_once_agree
6   redirect and notification both fulfil  here
7   a rollback erases what was stored      here
8   no queue                               workers
9   nobody can sign for a test             test_testing
10  the body is parsed before it is proved here
11  no resending on one's own machine      simulator/test_notifications: sent_again
12  the fake has no state                  simulator
13  stuck "in progress"; a late one        crashes; test_notifications:
    reverts the state                      a_success_is_never_followed_by_a_failure
14  a lost notification                    test_recovery: is_made_up_for
15  a wrong key is not noticed             test_config: ones_own_public_key;
                                           test_signals: notification_refused
16  prefix and CSRF keep Antom out         test_routes: antom_needs_no_csrf_token;
                                           test_cli: check_shows_the_addresses
17  another path behind a proxy            test_routes: behind_a_proxy
18  the amount is not checked              test_notifications: another_amount
19  tables grow without end                test_purge
20  two accounts mix                       test_extension: two_apps
21  the shopper's return is waited for     here: without a visit
22  mail is sent twice                     test_delivery; crashes
23  refunds race, or refund nothing        concurrency: refunds_at_once; test_refunds
24  a content security policy breaks it    test_templating: has_the_nonce
25  CSRF depends on the order of init_app  test_routes: antom_needs_no_csrf_token
26  keys cannot be rotated                 test_signing, test_transport: keys_rotate
27  personal data in logs and tables       test_secrets
28  dependencies are pinned                here
29  one's own key in Antom's place         test_config: ones_own_public_key
30  deadlocks; an error is acknowledged    concurrency; test_delivery: costs_neither
A1  PENDING with S is taken as paid        test_notifications: pending_with_s
A2  a card's authorization is taken so     test_notifications: authorized_first
A3  the acknowledgement is another         here
A4  the signed path has a query            here
A5  late repeats are refused               test_notifications: a_day_ago
A6  an id comes with other parameters      here
A7  no settlement currency                 test_checkout: settlement_currency
A8  no address of the shopper              test_checkout: terminal; test_routes: proxy
A9  wrong minor units                      test_money: antoms_decimals
A10 an S without a signature counts        test_transport: antom_did_not_sign
A11 another generation of the SDK          interop/test_real_sdk; pages
A12 Apple Pay on one's own domain          here: its file
=== ====================================== ==========================================
"""

from __future__ import annotations

import json
from importlib.metadata import requires
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from flask_antom.simulator import Simulator
from tests.support.blocks import DOCS, blocks
from tests.support.offline import ACKNOWLEDGEMENT, GUIDE, PATH, SIGNER, OfflineShop
from tests.support.shop import Shopfront

pytestmark = pytest.mark.every_database


def test_6_redirect_and_notification_fulfil_once(
    shop: Shopfront, simulator: Simulator
) -> None:
    client = shop.app.test_client()
    answer = shop.pay().json or {}
    simulator.approve(answer["paymentRequestId"])
    note = simulator.payment(answer["paymentRequestId"]).notifications[-1]
    body = json.dumps(note.body).encode()
    client.get(urlsplit(answer["resultUrl"]).path)
    for _ in range(2):
        headers = simulator.signed_notification(body, PATH)
        assert client.post(PATH, data=body, headers=headers).json == ACKNOWLEDGEMENT
        client.get(urlsplit(answer["resultUrl"]).path)
    assert shop.fulfilled() == 1


def test_7_a_rollback_of_the_hosts_erases_nothing(offline: OfflineShop) -> None:
    offline.add_payment()
    db = offline.shop.db
    offline.shop.app.teardown_request(lambda error: db.session.rollback())
    assert offline.notify().status_code == 200
    assert offline.tables.payments[0][1] == "succeeded"
    assert offline.shop.fulfilled() == 1


def test_10_only_the_bytes_that_were_signed_are_proved(offline: OfflineShop) -> None:
    offline.add_payment()
    odd = json.dumps(GUIDE | {"note": "é\u2028"}, indent=3, ensure_ascii=False).encode()
    headers = SIGNER.headers(PATH, odd)
    again = json.dumps(json.loads(odd)).encode()
    assert offline.post(again, headers).status_code == 401
    assert offline.post(odd, headers).status_code == 200


def test_21_a_payment_is_fulfilled_without_a_visit(offline: OfflineShop) -> None:
    offline.add_payment()
    offline.notify()
    assert offline.shop.fulfilled() == 1
    assert offline.calls == []


def test_28_no_dependency_is_pinned_and_none_is_antoms_sdk() -> None:
    wanted = requires("Flask-Antom") or []
    assert wanted
    assert not [line for line in wanted if "==" in line.partition(";")[0]]
    assert not [line for line in wanted if "<" in line.partition(";")[0]]
    assert "global-open-sdk" not in " ".join(wanted)


def test_a3_the_acknowledgement_is_antoms_word_for_word(offline: OfflineShop) -> None:
    offline.add_payment()
    answer = offline.notify()
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "result": {
            "resultCode": "SUCCESS",
            "resultStatus": "S",
            "resultMessage": "success",
        }
    }


def test_a4_the_notify_url_has_no_query(shop: Shopfront, simulator: Simulator) -> None:
    shop.pay()
    (payment,) = simulator.payments()
    assert payment.notify_url == "http://127.0.0.1:5000/antom/notify"


def test_a6_an_attempt_is_asked_for_again_as_it_was(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.faults.next("createPaymentSession", "lost-answer", times=99)
    assert shop.pay().status_code == 503
    simulator.faults.clear()
    phone = {"User-Agent": "Mozilla/5.0 (iPhone)"}
    assert shop.pay(headers=phone).status_code == 201
    assert simulator.refused_calls == []


def test_a12_the_documented_route_serves_apples_file_as_it_is(tmp_path: Path) -> None:
    name = "apple-developer-merchantid-domain-association"
    (tmp_path / name).write_bytes(b"7B227073\x00\n")
    app = Flask("shop", root_path=str(tmp_path))
    (code,) = (
        code for code in blocks(DOCS / "deployment.md", "python") if name in code
    )
    exec(code, {"app": app})  # noqa: S102
    answer = app.test_client().get(f"/.well-known/{name}")
    assert (answer.status_code, answer.data) == (200, b"7B227073\x00\n")
    assert answer.mimetype == "text/plain"
    answer.close()
