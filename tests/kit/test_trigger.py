"""``flask antom trigger``: notifications by hand, for an app under development."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from werkzeug.serving import make_server

from flask_antom.simulator import KeyFiles
from flask_antom.simulator.recipes import RECIPES
from flask_antom.testing import AntomKit
from flask_antom.testing.signer import key_of
from tests.kit.stories import STORIES
from tests.support.blocks import DOCS, blocks
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import Shopfront, make_shop, shop_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a simulator whose key is the kit's."""
    (tmp_path / "antom-private.pem").write_text(key_of("antom"))
    return tmp_path


@pytest.fixture
def shop(shop_url: str) -> Iterator[Shopfront]:
    front = make_shop(
        {
            "SECRET_KEY": "for tests only",
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": shop_url,
            "ANTOM_GATEWAY_URL": "http://127.0.0.1:5001",
            "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
        }
    )
    yield front
    front.close()


def run(shop: Shopfront, *arguments: str) -> Result:
    return shop.app.test_cli_runner().invoke(args=["antom", "trigger", *arguments])


def here(shop: Shopfront, folder: Path, *arguments: str) -> Result:
    return run(shop, *arguments, "--in-process", "--folder", str(folder))


def test_the_list_has_a_sentence_for_each_kind(shop: Shopfront) -> None:
    result = run(shop, "--list")
    assert (result.exit_code, len(result.output.splitlines())) == (0, len(RECIPES))
    for line, (kind, recipe) in zip(
        result.output.splitlines(), RECIPES.items(), strict=True
    ):
        assert line.split("  ")[0] == kind
        assert line.endswith(recipe.sentence)
    listed = json.loads(run(shop, "--list", "--json").output)
    assert list(listed) == list(RECIPES)


@pytest.mark.parametrize("kind", STORIES)
def test_the_app_takes_each_kind(
    shop: Shopfront, antom_kit: AntomKit, folder: Path, kind: str
) -> None:
    before, told = STORIES[kind]
    before(antom_kit)
    antom_kit.signals.clear()
    result = here(shop, folder, kind)
    assert result.exit_code == 0, result.output
    assert "\nAnswer        200 " in result.output
    assert [one.name for one in antom_kit.signals] == told
    for name in told:
        assert f"{name}: delivered\n" in result.output


def test_it_says_what_has_changed(
    shop: Shopfront, antom_kit: AntomKit, folder: Path
) -> None:
    payment = antom_kit.open("A-1")
    result = here(shop, folder, "payment-succeeded", "--order", "A-1")
    assert result.output.splitlines() == [
        "Sent          PAYMENT_RESULT to http://127.0.0.1:5000/antom/notify",
        'Answer        200 {"result":{"resultCode":"SUCCESS","resultStatus":"S",'
        '"resultMessage":"success"}}',
        "Notification  1 PAYMENT_RESULT: applied",
        f"Payment       {payment.request_id}: status created -> succeeded, result_code"
        " none -> SUCCESS, captured 0.00 MYR -> 42.00 MYR",
        "Event         1 payment_succeeded: delivered",
    ]
    again = here(shop, folder, "payment-succeeded", "--payment", payment.request_id)
    assert again.output.splitlines()[2:] == ["Changed  nothing"]


def test_the_documentation_shows_what_it_prints(
    shop: Shopfront, antom_kit: AntomKit, folder: Path
) -> None:
    shown = blocks(DOCS / "testing.md", "text")
    assert run(shop, "--list").output in shown
    antom_kit.open("A-1")
    options = ("--set", "result.resultCode=RISK_REJECT")
    printed = here(shop, folder, "payment-failed", *options).output
    assert without_ids(printed) in map(without_ids, shown)


def without_ids(text: str) -> str:
    return re.sub(r"\bfx[0-9a-f]{16,}", "fx", text)


def test_it_prints_json(shop: Shopfront, antom_kit: AntomKit, folder: Path) -> None:
    antom_kit.open("A-1")
    printed = json.loads(here(shop, folder, "payment-pending", "--json").output)
    assert printed["sent"]["notifyType"] == "PAYMENT_PENDING"
    assert printed["status"] == 200
    texts = [one["text"] for one in printed["changed"]]
    assert any("status created -> pending" in text for text in texts)


def test_fields_and_amounts_are_as_the_caller_says(
    shop: Shopfront, antom_kit: AntomKit, folder: Path
) -> None:
    antom_kit.open("A-1")
    failed = ("--set", "result.resultCode=RISK_REJECT", "--set", "cardNo=null")
    result = here(shop, folder, "payment-failed", *failed)
    assert "result_code none -> RISK_REJECT" in result.output
    result = here(shop, folder, "payment-succeeded", "--amount", "1.50")
    assert "status failed -> review" in result.output


def test_an_order_that_is_not_there_is_named(
    shop: Shopfront, antom_kit: AntomKit, folder: Path
) -> None:
    result = here(shop, folder, "payment-failed", "--order", "A-9")
    assert result.exit_code == 1
    assert "There is no payment with the" in result.output


def test_what_the_app_refuses_is_an_error(
    shop: Shopfront, antom_kit: AntomKit, folder: Path
) -> None:
    antom_kit.open("A-1")
    result = here(shop, folder, "payment-failed", "--set", "result=null")
    assert result.exit_code == 1
    assert "\nAnswer   400 " in result.output
    assert result.output.splitlines()[-1] == "Changed  nothing"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "Name a kind; --list lists them."),
        (("payment",), "There is no kind 'payment'. The kinds are payment-succeeded,"),
        (("new-type", "--order", "A-1", "--payment", "1"), "exclude each other"),
        (("new-type", "--set", "a"), "--set a: write FIELD=VALUE."),
        (("new-type", "--set", "notifyType.a=b"), "notifyType.a cannot be set"),
        (("payment-failed", "--amount", "a lot"), "--amount: "),
    ],
)
def test_wrong_use_has_an_exit_code_of_its_own(
    shop: Shopfront,
    antom_kit: AntomKit,
    folder: Path,
    arguments: tuple[str, ...],
    text: str,
) -> None:
    antom_kit.open("A-1")
    result = here(shop, folder, *arguments)
    assert (result.exit_code, text in result.output) == (2, True), result.output


@pytest.mark.parametrize("kind", ["payment-failed", "refund-failed"])
def test_a_kind_that_needs_a_payment_says_so(
    shop: Shopfront, antom_kit: AntomKit, folder: Path, kind: str
) -> None:
    result = here(shop, folder, kind)
    assert (result.exit_code, "open a checkout first" in result.output) == (1, True)
    antom_kit.open("A-1")
    result = here(shop, folder, "refund-failed")
    assert (result.exit_code, "about a refund that waits" in result.output) == (1, True)


# An app that may be in use is left alone


def refusal(settings: dict[str, Any], *arguments: str) -> str:
    """Return what the command says to an app, which it must refuse."""
    shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9") | settings)
    result = run(shop, "new-type", *arguments)
    notifications = shop.rows(shop.antom.Notification)
    shop.close()
    assert (result.exit_code, notifications) == (1, [])
    return result.output


def test_production_is_refused(folder: Path) -> None:
    settings = {
        "ANTOM_CLIENT_ID": "5YDEMO00000000001",
        "ANTOM_PUBLIC_URL": "https://shop.example",
    }
    text = refusal(settings, "--in-process", "--folder", str(folder))
    assert "for development, and this app is in prod" in text


def test_the_real_antom_is_refused(folder: Path) -> None:
    settings = {"ANTOM_GATEWAY_URL": "https://open-sea-global.alipay.com"}
    text = refusal(settings, "--in-process", "--folder", str(folder))
    assert "is open-sea-global.alipay.com, which is not on this machine" in text


def test_the_key_of_another_simulator_is_refused(folder: Path) -> None:
    text = refusal({}, "--in-process", "--folder", str(folder))
    assert f"is not the key of {folder / 'antom-private.pem'}" in text


def test_a_folder_without_a_key_is_named(tmp_path: Path) -> None:
    text = refusal({}, "--in-process", "--folder", str(tmp_path))
    assert f"no key of a simulator (antom-private.pem) in {tmp_path}" in text
    assert "antom-simulator" in refusal({}, "--in-process")


def test_a_folder_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "antom-simulator"
    place.mkdir()
    (place / "public.pem").write_text(ANTOM_PUBLIC_KEY)
    (place / "antom-private.pem").write_text(key_of("merchant"))
    settings = {"ANTOM_PUBLIC_KEY": None, "ANTOM_PUBLIC_KEY_FILE": place / "public.pem"}
    text = refusal(settings, "--in-process")
    assert text.count("antom-private.pem") == 1, text


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "antom-private.pem").write_text("no key")
    text = refusal({}, "--in-process", "--folder", str(tmp_path))
    assert "antom-private.pem cannot be read" in text


@pytest.mark.parametrize("how", ["one", "a list", "versions"])
def test_the_key_beside_that_of_the_app_is_found(tmp_path: Path, how: str) -> None:
    keys = KeyFiles.in_folder(tmp_path)
    settings = shop_settings("", "http://127.0.0.1:9")
    del settings["ANTOM_PUBLIC_KEY"]
    file = str(keys.antom_public)
    wanted = {"one": file, "a list": [file], "versions": {"1": file}}[how]
    shop = make_shop(settings | {"ANTOM_PUBLIC_KEY_FILE": wanted})
    result = run(shop, "new-type", "--in-process")
    shop.close()
    assert "SOMETHING_NEW: unhandled" in result.output


def test_an_app_elsewhere_is_refused(tmp_path: Path) -> None:
    keys = KeyFiles.in_folder(tmp_path)
    settings = {
        "ANTOM_PUBLIC_KEY": keys.antom_public.read_text(),
        "ANTOM_PUBLIC_URL": "https://shop.example",
    }
    text = refusal(settings, "--folder", str(tmp_path))
    assert "leads to https://shop.example/antom/notify" in text


def test_an_app_that_does_not_run_is_named(tmp_path: Path) -> None:
    keys = KeyFiles.in_folder(tmp_path)
    settings = {
        "ANTOM_PUBLIC_KEY": keys.antom_public.read_text(),
        "ANTOM_PUBLIC_URL": "http://127.0.0.1:9",
    }
    text = refusal(settings, "--folder", str(tmp_path))
    assert "Nobody answers at http://127.0.0.1:9/antom/notify" in text


def test_the_running_app_answers(tmp_path: Path, shop_url: str) -> None:
    keys = KeyFiles.in_folder(tmp_path)
    settings = shop_settings(keys.antom_public.read_text(), "http://127.0.0.1:9")
    settings["SQLALCHEMY_DATABASE_URI"] = shop_url
    front: Shopfront | None = None
    seen: list[str] = []

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        assert front is not None
        seen.append(environ["PATH_INFO"])
        return front.app.wsgi_app(environ, start_response)

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    front = make_shop(settings | {"ANTOM_PUBLIC_URL": url})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        result = run(front, "dispute-created", "--folder", str(tmp_path))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        front.close()
    assert (result.exit_code, seen) == (0, ["/antom/notify"]), result.output
    assert "DISPUTE_CREATED: unhandled" in result.output
