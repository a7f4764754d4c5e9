"""The context in which the host's code runs when money has come: nobody visits.

It is the same inline, in a sweep and in a worker: an app context with a session of its
own, and a request of no visitor at ``ANTOM_PUBLIC_URL``, so that ``url_for`` works. A
request of a buyer's that is under way is out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from io import BytesIO
from typing import Any

from flask import has_app_context
from werkzeug.test import EnvironBuilder

from ..app_state import AppState


@contextmanager
def no_visitor(state: AppState) -> Iterator[None]:
    """Enter an app context with a session of its own, and a request of no visitor.

    The present app context will do if nobody has used it.
    """
    host, config = state.host, state.config
    with ExitStack() as stack:
        if has_app_context() and host.is_untouched():
            stack.callback(host.current.close)
        else:
            stack.enter_context(state.app.app_context())
        environ = dict(_environ(config.public_url, f"{config.url_prefix}/notify"))
        environ["wsgi.input"] = BytesIO()
        stack.enter_context(state.app.request_context(environ))
        yield


@lru_cache(maxsize=8)
def _environ(base_url: str, path: str) -> dict[str, Any]:
    """Return the WSGI environment of the request, as if Antom had sent it."""
    builder = EnvironBuilder(path=path, base_url=base_url, method="POST")
    try:
        environ: dict[str, Any] = builder.get_environ()
    finally:
        builder.close()
    return environ
