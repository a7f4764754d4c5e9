"""Bodies that something reads before us, that are too long, or that differ."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tests.support.offline import GUIDE, PATH, SESSION, SIGNER, OfflineShop

BODY = json.dumps(GUIDE).encode()
WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
MEGABYTE = 1024 * 1024


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    offline.answers["createPaymentSession"] = SESSION
    return offline


READERS: dict[str, Callable[[], object]] = {
    "get_data": lambda: request.get_data(),
    "get_data without cache": lambda: request.get_data(cache=False),
    "stream": lambda: request.stream.read(),
    "a part of the stream": lambda: request.stream.read(10),
    "json": lambda: request.get_json(silent=True),
    "form": lambda: request.form,
    "the server's stream": lambda: request.environ["wsgi.input"].read(),
}


@pytest.mark.parametrize("how", READERS)
def test_a_function_before_the_view_cannot_use_the_body_up(
    offline: OfflineShop, how: str
) -> None:
    @offline.shop.app.before_request
    def read() -> None:
        READERS[how]()

    assert offline.notify().status_code == 200
    assert offline.signals == [("payment_succeeded", "paymentRequestId01")]
    client = offline.shop.app.test_client()
    assert client.post("/antom/session", json=WANTED).status_code == 409
    form = client.post("/antom/hosted", data={"orderReference": "A-1"})
    assert form.status_code == 409


def test_a_function_before_the_view_can_read_a_notification(
    offline: OfflineShop,
) -> None:
    seen: list[bytes] = []
    offline.shop.app.before_request(lambda: seen.append(request.get_data(cache=False)))
    assert offline.notify().status_code == 200
    assert seen == [BODY]


def test_a_reporter_of_errors_finds_no_notification(offline: OfflineShop) -> None:
    seen: list[bytes] = []

    @offline.shop.app.after_request
    def look(response: Response) -> Response:
        seen.append(request.get_data())
        return response

    assert offline.notify().status_code == 200
    assert seen == [b""]


class Middleware:
    """Reads the body, and hands another one on."""

    def __init__(self, app: Any, change: Callable[[bytes], bytes]) -> None:
        self._app = app
        self._change = change

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(self._change(body))
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def put_before(app: Flask, change: Callable[[bytes], bytes]) -> None:
    app.wsgi_app = Middleware(app.wsgi_app, change)  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("change", "came"),
    [
        (lambda body: b"", "but fewer came"),
        (lambda body: body[:-1], "but fewer came"),
    ],
)
def test_a_body_that_a_middleware_has_read_is_no_forgery(
    offline: OfflineShop,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[bytes], bytes],
    came: str,
) -> None:
    put_before(offline.shop.app, change)
    answer = offline.notify()
    assert answer.status_code == 411
    assert answer.content_type == "application/problem+json"
    problem = answer.json or {}
    assert problem["code"] == "body"
    assert f"{len(BODY)} bytes were announced, {came}" in problem["detail"]
    assert "a middleware of the app" in problem["detail"]
    assert offline.signals == [("notification_refused", "body")]
    assert "(body): The body did not arrive" in caplog.text
    assert offline.tables.notifications == []


def test_a_stranger_without_a_signature_says_nothing_about_bodies(
    offline: OfflineShop,
) -> None:
    put_before(offline.shop.app, lambda body: b"")
    assert offline.post(BODY, {}).status_code == 401
    headers = SIGNER.headers(PATH, BODY)
    assert offline.post(BODY, headers | {"Client-Id": "other"}).status_code == 401
    reasons = [("notification_refused", name) for name in ("missing", "client-id")]
    assert offline.signals == reasons


def post_terminated(app: Flask, body: bytes, length: int) -> TestResponse:
    """Post a notification on a server whose input ends by itself."""
    headers = Headers(SIGNER.headers(PATH, BODY))
    builder = EnvironBuilder(PATH, method="POST", data=body, headers=headers)
    environ = builder.get_environ()
    environ |= {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(length)}
    return TestResponse(*run_wsgi_app(app, environ), builder.get_request())


def test_more_than_was_announced_explains_a_mismatch(offline: OfflineShop) -> None:
    answer = post_terminated(offline.shop.app, BODY + b" ", len(BODY))
    assert answer.status_code == 411
    assert f"announced, but {len(BODY) + 1} came" in (answer.json or {})["detail"]


def test_a_genuine_body_counts_whatever_was_announced(offline: OfflineShop) -> None:
    assert post_terminated(offline.shop.app, BODY, len(BODY) + 1).status_code == 200


@pytest.mark.parametrize("path", ["/antom/session", "/antom/report"])
def test_a_lost_body_of_a_checkout_is_told(offline: OfflineShop, path: str) -> None:
    put_before(offline.shop.app, lambda body: b"")
    answer = offline.shop.app.test_client().post(path, json=WANTED)
    assert answer.status_code == 411
    assert "bytes were announced" in (answer.json or {})["detail"]


# Limits


class Unread(io.RawIOBase):
    """A body that nobody may read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("It was read.")


@pytest.mark.parametrize("path", ["/antom/hosted", "/antom/session", "/antom/report"])
def test_a_long_body_is_refused_unread(offline: OfflineShop, path: str) -> None:
    answer = offline.shop.app.test_client().post(
        path,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={
            "wsgi.input": Unread(),
            "CONTENT_LENGTH": str(300 * MEGABYTE),
        },
    )
    assert answer.status_code == 413
    is_page = path == "/antom/hosted"
    assert answer.mimetype == ("text/html" if is_page else "application/problem+json")
    assert answer.headers["Cache-Control"] == "no-store"


def upload(app: Flask, path: str) -> int:
    """Send a file of two megabytes whose length nobody tells; return the status."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head + b"x" * 2 * MEGABYTE + b"\r\n--x--\r\n"
    builder = EnvironBuilder(
        path,
        method="POST",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=x",
    )
    environ = builder.get_environ()
    environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    environ.pop("CONTENT_LENGTH", None)
    status = run_wsgi_app(app, environ)[1]
    return int(status.split()[0])


def test_an_upload_is_never_written_to_a_file(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    to_file = tempfile.SpooledTemporaryFile.rollover

    def rollover(file: Any) -> None:
        written.append(request.path)
        to_file(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    app = offline.shop.app

    @app.before_request
    def look_at_the_form() -> None:
        _ = request.form

    @app.post("/own")
    def own() -> str:
        return str(len(request.files))

    assert upload(app, "/own") == 200
    assert written == ["/own"]  # the shop's own routes have the shop's own limits
    assert upload(app, "/antom/hosted") == 413
    assert upload(app, "/antom/session") == 413
    assert written == ["/own"]


def test_a_form_may_name_a_hundred_methods(offline: OfflineShop) -> None:
    assert offline.notify().status_code == 200
    client = offline.shop.app.test_client()
    names = [f"METHOD_{number}" for number in range(101)]
    form: dict[str, Any] = {"orderReference": "A-1", "paymentMethodType": names}
    assert client.post("/antom/hosted", data=form).status_code == 400
    assert offline.calls == []
    form["paymentMethodType"].pop()
    assert client.post("/antom/hosted", data=form).status_code == 409


def test_csrf_protection_still_reads_the_form(offline: OfflineShop) -> None:
    app = offline.shop.app
    app.config["WTF_CSRF_SSL_STRICT"] = False
    CSRFProtect(app)
    answer = app.test_client().post("/antom/hosted", data={"orderReference": "A-1"})
    assert answer.status_code == 400
    assert "CSRF token is missing" in answer.text
    assert offline.notify().status_code == 200
