"""The context in which the host's code runs when money has come: nobody visits.

It is the same inline, in a sweep and in a worker: an app context with a session of its
own, and a request of no visitor at ``ANTOM_PUBLIC_URL``, so that ``url_for`` works. A
request of a buyer's that is under way is out of sight.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from flask import has_app_context, has_request_context, request
from flask.ctx import AppContext, RequestContext
from werkzeug.test import EnvironBuilder

from ..app_state import AppState
from ..log_lines import Log

log: Log = Log(__name__)

_TEARDOWN_RAISED = (
    "A teardown function of the app raised. It is also called after the order loader"
    " and the receivers, where nobody visits and no before_request function has run."
)


class NoVisitor:
    """A context: an app context with a session of its own, and a request of no visitor.

    The present app context will do if nobody has used it, and nobody visits. An error
    of the host's teardown functions is only logged: such a function may need what
    ``before_request`` has made, which does not run here.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._contexts: list[AppContext | RequestContext] = []

    def __enter__(self) -> None:
        app, config = self._state.app, self._state.config
        environ = dict(_environ(config.public_url, f"{config.url_prefix}/notify"))
        environ["wsgi.input"] = BytesIO()
        try:
            if not _is_free(self._state):
                self._enter(app.app_context())
            self._enter(app.request_context(environ))
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise

    def _enter(self, context: AppContext | RequestContext) -> None:
        self._contexts.append(context)  # it is popped even if the host's code raises
        context.push()

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        is_own = len(self._contexts) > 1
        for context in reversed(self._contexts):
            try:
                context.pop(error)
            except Exception:
                if self._state.hint_limit.allows():
                    log.warning(_TEARDOWN_RAISED, error=error)
        if not is_own:
            self._state.host.current.close()


def _is_free(state: AppState) -> bool:
    """Whether the present app context will do.

    What the host's code leaves in ``g`` must not be seen by a visitor of this request.
    """
    if not has_app_context() or not state.host.is_untouched():
        return False
    return not has_request_context() or request.endpoint == "antom.notify"


@lru_cache(maxsize=8)
def _environ(base_url: str, path: str) -> dict[str, Any]:
    """Return the WSGI environment of the request, as if Antom had sent it."""
    builder = EnvironBuilder(path=path, base_url=base_url, method="POST")
    try:
        environ: dict[str, Any] = builder.get_environ()
    finally:
        builder.close()
    return environ
