"""A shop for servers in processes of their own, to which bodies are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from a2wsgi import WSGIMiddleware

from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import make_shop, shop_settings

shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
app = shop.app


class InputTerminated:
    """The middleware of docs/deployment.md, for servers whose input ends by itself."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input_terminated"] = True
        return self.app(environ, start_response)


#: For uvicorn.
_app: Any = app.wsgi_app
_cured: Any = InputTerminated(app.wsgi_app)
bridged = WSGIMiddleware(_app)
cured = WSGIMiddleware(_cured)
