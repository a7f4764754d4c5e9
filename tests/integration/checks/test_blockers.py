"""Each blocker of notifications is named, and an app that exempts us is well.

They are real extensions, as their documentation sets them up.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import pytest
from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_httpauth import HTTPBasicAuth  # type: ignore[import-untyped]
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_required  # type: ignore[import-untyped]
from flask_seasurf import SeaSurf  # type: ignore[import-untyped]
from flask_talisman import Talisman  # type: ignore[import-untyped]
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

from tests.integration.checks.hosts import HOST, check, open_host

NOTIFY = "antom.notify"
HTTP = {
    "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
    "ANTOM_GATEWAY_URL": "http://127.0.0.1:9",
}


def is_exempt(exempts: bool) -> bool:
    return exempts and request.blueprint == "antom"


def talisman(app: Flask, exempts: bool) -> None:
    Talisman(app, force_https=not exempts, content_security_policy=None)


def add_login(app: Flask, login_view: str | None) -> LoginManager:
    manager = LoginManager(app)
    manager.login_view = login_view
    manager.user_loader(lambda user_id: None)
    app.add_url_rule("/login", "login", lambda: "Who are you?")
    return manager


def guard(app: Flask, exempts: bool, login_view: str | None) -> None:
    manager = add_login(app, login_view)

    @app.before_request
    def ask_everybody() -> Any:
        if is_exempt(exempts) or current_user.is_authenticated:
            return None
        return manager.unauthorized()


def login_page(app: Flask, exempts: bool) -> None:
    guard(app, exempts, "login")


def login_401(app: Flask, exempts: bool) -> None:
    guard(app, exempts, None)


def wrapped_views(app: Flask, exempts: bool) -> None:
    add_login(app, "login")
    for name, view in app.view_functions.items():
        if not (exempts and name.startswith("antom.")):
            app.view_functions[name] = login_required(view)


def seasurf(app: Flask, exempts: bool) -> None:
    csrf = SeaSurf(app)
    if exempts:
        for name in ("notify", "create_session", "hosted", "report"):
            csrf.exempt(app.view_functions[f"antom.{name}"])


def limiter(app: Flask, exempts: bool) -> None:
    """Allow nothing, as a limit does that is used up."""
    limits = Limiter(get_remote_address, app=app, default_limits=["0 per hour"])
    if exempts:
        blueprint: Any = app.blueprints["antom"]
        limits.exempt(blueprint)


def limiter_with_rest(app: Flask, exempts: bool) -> None:
    limits = Limiter(get_remote_address, app=app, default_limits=["50 per hour"])
    if exempts:
        limits.exempt(app.view_functions[NOTIFY])


def basic_auth(app: Flask, exempts: bool) -> None:
    auth = HTTPBasicAuth()

    @app.before_request
    def ask() -> Any:
        return None if is_exempt(exempts) else auth.login_required(lambda: None)()


def staff_only(app: Flask, exempts: bool) -> None:
    @app.before_request
    def refuse() -> None:
        if not is_exempt(exempts):
            raise Forbidden


def maintenance(app: Flask, exempts: bool, status: int) -> None:
    @app.before_request
    def close() -> ResponseReturnValue | None:
        return None if is_exempt(exempts) else ("<h1>Back soon</h1>", status)


def www(app: Flask, exempts: bool) -> None:
    @app.before_request
    def canonical() -> Any:
        if is_exempt(exempts) or request.host.startswith("www."):
            return None
        return redirect(f"https://www.{request.host}{request.path}", 301)


def slash(app: Flask, exempts: bool) -> None:
    @app.before_request
    def add_slash() -> Any:
        if is_exempt(exempts) or request.path.endswith("/"):
            return None
        return redirect(f"{request.path}/", 301)


def envelope(app: Flask, exempts: bool) -> None:
    @app.after_request
    def wrap(response: Response) -> Response:
        if response.is_json and not is_exempt(exempts):
            response.set_data(json.dumps({"data": response.get_json()}))
            response.status_code = 200
        return response


def envelope_of_success(app: Flask, exempts: bool) -> None:
    @app.after_request
    def wrap(response: Response) -> Response:
        if response.status_code == 200 and response.is_json and not is_exempt(exempts):
            response.set_data(json.dumps({"data": response.get_json()}))
        return response


Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def body_eater(app: Flask, exempts: bool) -> None:
    inner: Wsgi = app.wsgi_app

    def log_bodies(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size)
        if exempts:
            environ["wsgi.input"] = io.BytesIO(body)
        return inner(environ, start_response)

    app.wsgi_app = log_bodies  # type: ignore[method-assign]


def body_changer(app: Flask, exempts: bool) -> None:
    inner: Wsgi = app.wsgi_app

    def strip(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and not exempts:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            body = json.dumps(json.loads(body), indent=1).encode()
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return inner(environ, start_response)

    app.wsgi_app = strip  # type: ignore[method-assign]


def needs_a_visitor(app: Flask, exempts: bool) -> None:
    @app.before_request
    def find_tenant() -> None:
        if not is_exempt(exempts):
            raise LookupError("no tenant")


def teapot(app: Flask, exempts: bool) -> None:
    @app.before_request
    def brew() -> ResponseReturnValue | None:
        return None if is_exempt(exempts) else ("I am a teapot.", 418)


class Blocker(NamedTuple):
    """A blocker, and the mistake that names it.

    :ivar add: adds it to an app, with or without exempting our routes.
    :ivar word: a part of the finding.
    """

    name: str
    add: Callable[[Flask, bool], None]
    word: str
    settings: dict[str, Any] = {}  # noqa: RUF012


BLOCKERS = {
    "talisman": Blocker("notify.https", talisman, "Flask-Talisman", HTTP),
    "login page": Blocker("notify.login", login_page, "302 to /login"),
    "login 401": Blocker("notify.login", login_401, "401 (text/html)"),
    "wrapped views": Blocker("notify.login", wrapped_views, "login_required"),
    "seasurf": Blocker("notify.csrf", seasurf, "csrf.exempt(app.view_functions["),
    "limiter": Blocker("notify.limiter", limiter, "limiter.exempt("),
    "limiter with rest": Blocker("notify.limited", limiter_with_rest, "50 per 1 hour"),
    "basic auth": Blocker("notify.basic_auth", basic_auth, "WWW-Authenticate"),
    "forbidden": Blocker("notify.forbidden", staff_only, "403"),
    "maintenance 503": Blocker(
        "notify.maintenance", partial(maintenance, status=503), "503"
    ),
    "maintenance 200": Blocker(
        "notify.maintenance", partial(maintenance, status=200), "200 (text/html)"
    ),
    "www": Blocker("notify.redirect", www, f"301 to https://www.{HOST}"),
    "slash": Blocker("notify.redirect", slash, "301 to /antom/notify/"),
    "envelope": Blocker("notify.envelope", envelope, "return response"),
    "envelope of success": Blocker(
        "notify.envelope", envelope_of_success, "200 (application/json)"
    ),
    "body eater": Blocker("notify.body", body_eater, "wsgi.input"),
    "body changer": Blocker("notify.body", body_changer, "wsgi.input"),
    "error": Blocker("notify.error", needs_a_visitor, "500"),
    "other": Blocker("notify.other", teapot, "418"),
}


@pytest.mark.parametrize("kind", BLOCKERS)
@pytest.mark.filterwarnings("ignore:Using the in-memory storage")
def test_a_blocker_is_named(kind: str) -> None:
    blocker = BLOCKERS[kind]
    with open_host(blocker.settings) as host:
        blocker.add(host.app, False)
        found = check(host.app)
    named = [name for name in found if name.startswith("notify.")]
    assert named == [blocker.name]
    assert blocker.word in " ".join(found[blocker.name].values())
    is_limited = blocker.name == "notify.limited"
    assert found[blocker.name]["level"] == ("warning" if is_limited else "error")


@pytest.mark.parametrize("kind", BLOCKERS)
@pytest.mark.filterwarnings("ignore:Using the in-memory storage")
def test_an_app_that_exempts_our_routes_is_well(kind: str) -> None:
    blocker = BLOCKERS[kind]
    with open_host(blocker.settings) as host:
        blocker.add(host.app, True)
        assert check(host.app) == {}


# What the settings of Flask do.


def own_route(app: Flask) -> None:
    app.add_url_rule("/antom/notify", "own", lambda: "mine", methods=["PUT", "POST"])


def test_trusted_hosts_without_ours_are_named() -> None:
    with open_host({"TRUSTED_HOSTS": [f"www.{HOST}"]}) as host:
        found = check(host.app)["notify.trusted_hosts"]
    assert f'Add "{HOST}"' in found["cure"]


def test_another_subdomain_is_named() -> None:
    settings = {"SERVER_NAME": HOST, "ANTOM_PUBLIC_URL": f"https://www.{HOST}"}
    with open_host(settings, Flask("host", subdomain_matching=True)) as host:
        found = check(host.app)
    assert "subdomain_matching" in found["notify.not_found"]["what"]


def test_another_route_with_our_path_is_named() -> None:
    with open_host(prepare=own_route) as host:
        assert "notify.maintenance" in check(host.app)


def test_a_route_of_another_method_is_named() -> None:
    def add(app: Flask) -> None:
        app.add_url_rule("/antom/<name>", "any", lambda name: name, methods=["GET"])

    def only_get(app: Flask) -> None:
        inner: Wsgi = app.wsgi_app

        def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["PATH_INFO"].endswith("/notify"):
                environ["PATH_INFO"] = "/antom/other"
            return inner(environ, start_response)

        app.wsgi_app = call  # type: ignore[method-assign]

    with open_host(prepare=add) as host:
        only_get(host.app)
        assert "notify.other_route" in check(host.app)


# Apps that are mounted below a path, or behind a proxy.


def mount_below(app: Flask, path: str) -> None:
    """Serve the app below a path, as a dispatcher in the process does."""
    inner: Wsgi = app.wsgi_app

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(f"{path}/"):
            start_response("404 NOT FOUND", [("Content-Type", "text/plain")])
            return [b"nothing here"]
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(path)
        environ["SCRIPT_NAME"] = path
        return inner(environ, start_response)

    app.wsgi_app = call  # type: ignore[method-assign]


@pytest.mark.parametrize("is_mounted", [False, True])
def test_an_app_below_a_path_is_well(is_mounted: bool) -> None:
    with open_host({"ANTOM_PUBLIC_URL": f"https://{HOST}/pay"}) as host:
        if is_mounted:
            mount_below(host.app, "/pay")
        assert check(host.app) == {}


def test_an_app_behind_a_proxy_is_well() -> None:
    with open_host() as host:
        host.app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            host.app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1
        )
        assert check(host.app) == {}
