"""Brings Antom's notifications to the app, and tells the test what went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, has_app_context
from werkzeug.test import TestResponse

from ..app_state import AppState
from ..flows import sweep
from ..gateway.http import Reply, Unreachable
from ..listeners import CURE
from ..simulator import Delivery, Simulator
from .answers import describe
from .contexts import in_app, post
from .errors import KitError


class Postman:
    """Posts what the simulator sends to the app's own route."""

    def __init__(self, state: AppState, simulator: Simulator) -> None:
        self._state = state
        self._simulator = simulator
        self._failures: list[BaseException] = []
        self._seen: set[int] = set()
        self._last_answer = ""
        state.note_failure = self._failures.append

    @contextmanager
    def employed(self) -> Iterator[None]:
        """Take the simulator's notifications, until the end of the block.

        The simulator sends none by itself meanwhile, only when the test says so.
        """
        notifier, clock = self._simulator.notifier, self._simulator.clock
        before, runs = (notifier.send_request, notifier.reaches), clock.is_running
        if runs:
            clock.stop()
        notifier.send_request, notifier.reaches = self._post, lambda url: True
        try:
            yield
        finally:
            notifier.send_request, notifier.reaches = before
            if runs:
                clock.start()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do what a test asks for, then send what is due.

        :raises KitError: if the test's own session is in the way, or the app does not
            take a notification.
        :raises BaseException: the first error of a receiver or of the order loader.
        """
        self._check_session()
        self._failures.clear()
        try:
            yield
            self.send()
        finally:
            self._refresh_session()
        refused = self._refused()
        self.raise_failures()
        if refused is not None:
            raise KitError(
                f"The app did not take Antom's {refused.notify_type}:"
                f" {self._last_answer or refused.error}"
            )
        self._check_listeners()

    def send(self) -> None:
        """Send what is due. A worker of the app delivers what waits for it."""
        self._simulator.notifier.drain()
        if self._state.config.event_delivery == "worker":
            in_app(self._state.app, lambda: sweep.sweep(self._state))

    def post_signed(self, fields: Mapping[str, Any]) -> TestResponse:
        """Sign a notification that is not the simulator's own, and post it."""
        config, body = self._state.config, json.dumps(fields).encode()
        headers = self._simulator.signed_notification(body, config.notify_path)
        return self._post_to_app(config.notify_url, headers, body)

    def raise_failures(self) -> None:
        """Raise the first error of a receiver or of the order loader."""
        if self._failures:
            error = self._failures[0]
            error.add_note(
                "It was raised while Flask-Antom delivered an event. The payment is"
                " stored; Antom's repeat or a sweep delivers the event once more."
            )
            raise error

    def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Post a notification, as Antom would do over the network."""
        try:
            answer = self._post_to_app(url, headers, body)
        except Exception as error:
            self._failures.append(error)
            raise Unreachable(type(error).__name__) from error
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    def _post_to_app(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> TestResponse:
        config, parts = self._state.config, urlsplit(url)
        path, base = parts.path, f"{parts.scheme}://{parts.netloc}"
        if url == config.notify_url:  # the public URL may have a path of its own
            path, base = f"{config.url_prefix}/notify", config.public_url
        client = self._state.app.test_client()
        answer = post(client, path, base_url=base, data=body, headers=dict(headers))
        self._last_answer = describe(answer, f"POST {path}")
        return answer

    def _refused(self) -> Delivery | None:
        """Return a new delivery that the app should have taken, and has not."""
        new = [one for one in self._simulator.deliveries if id(one) not in self._seen]
        self._seen |= {id(one) for one in new}
        return next((one for one in new if _is_trouble(one)), None)

    def _check_listeners(self) -> None:
        """Check that somebody is told of the money that has come.

        :raises KitError: if nobody is.
        """
        unheard = self._state.listeners.unheard()
        soon = self._state.clock.now() + datetime.resolution

        def count() -> int:
            return self._state.claims.count_waiting(unheard, soon)

        waiting = in_app(self._state.app, count) if unheard else 0
        if waiting:
            raise KitError(
                f"Nobody listens to {unheard[0]}, so the paid order waits. {CURE}"
            )

    def _session(self) -> Any:
        """Return the session of the test's own app context, if there is one."""
        if not has_app_context():
            return None
        app: Any = current_app
        is_same = app._get_current_object() is self._state.app
        return self._state.host.current if is_same else None

    def _check_session(self) -> None:
        """End the reads of the test's own session, so that nothing waits for them.

        :raises KitError: if it holds writes.
        """
        session = self._session()
        if session is None:
            return
        pending = self._state.host.uncommitted()
        if pending:
            raise KitError(
                f"db.session of the test holds {pending}, which the app cannot see:"
                " call db.session.commit() first."
            )
        self._state.host.end_reads(session)

    def _refresh_session(self) -> None:
        """Make the test's own session read again what the app has written."""
        session = self._session()
        if session is not None:
            self._state.host.end_reads(session)
            session.expire_all()


def _is_trouble(delivery: Delivery) -> bool:
    """Whether the app should have taken a delivery, and has not.

    A refund of the Dashboard is unknown to the app, which keeps the notification.
    """
    is_unknown = delivery.notify_type == "REFUND_RESULT" and delivery.http_status == 404
    return bool(delivery.error) and not delivery.fault and not is_unknown
