"""The context in which the host's code runs when money has come: nobody visits.

It is the same inline, in a sweep and in a worker: an app context with a session of its
own, and a request of no visitor at ``ANTOM_PUBLIC_URL``, so that ``url_for`` works. A
request of a buyer's that is under way is out of sight.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from io import BytesIO
from typing import Any

from flask import has_app_context, has_request_context, request
from flask.ctx import AppContext, RequestContext
from werkzeug.test import EnvironBuilder

from ..app_state import AppState

logger: logging.Logger = logging.getLogger(__name__)


@contextmanager
def no_visitor(state: AppState) -> Iterator[None]:
    """Enter an app context with a session of its own, and a request of no visitor.

    The present app context will do if nobody has used it, and nobody visits.
    """
    config = state.config
    with ExitStack() as stack:
        if _is_free(state):
            stack.callback(state.host.current.close)
        else:
            stack.enter_context(_inside(state, state.app.app_context()))
        environ = dict(_environ(config.public_url, f"{config.url_prefix}/notify"))
        environ["wsgi.input"] = BytesIO()
        stack.enter_context(_inside(state, state.app.request_context(environ)))
        yield


def _is_free(state: AppState) -> bool:
    """Whether the present app context will do.

    What the host's code leaves in ``g`` must not be seen by a visitor of this request.
    """
    if not has_app_context() or not state.host.is_untouched():
        return False
    return not has_request_context() or request.endpoint == "antom.notify"


@contextmanager
def _inside(state: AppState, context: AppContext | RequestContext) -> Iterator[None]:
    """Enter a context. An error of the host's teardown functions is only logged.

    Such a function may need what ``before_request`` has made, which does not run here.
    """
    context.push()
    raised: BaseException | None = None
    try:
        yield
    except BaseException as error:
        raised = error
        raise
    finally:
        try:
            context.pop(raised)
        except Exception:
            if state.report_limit.allows():
                logger.warning(
                    "A teardown function of the app raised. It is also called after"
                    " the order loader and the receivers, where nobody visits and no"
                    " before_request function has run.",
                    exc_info=True,
                )


@lru_cache(maxsize=8)
def _environ(base_url: str, path: str) -> dict[str, Any]:
    """Return the WSGI environment of the request, as if Antom had sent it."""
    builder = EnvironBuilder(path=path, base_url=base_url, method="POST")
    try:
        environ: dict[str, Any] = builder.get_environ()
    finally:
        builder.close()
    return environ
