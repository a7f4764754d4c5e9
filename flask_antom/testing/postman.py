"""Brings Antom's notifications to the app, and tells the test what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, has_app_context

from ..app_state import AppState
from ..flows import sweep
from ..gateway.http import Reply, Unreachable
from ..simulator import Simulator
from .contexts import in_app, post
from .errors import KitError


class Postman:
    """Posts what the simulator sends to the app's own route."""

    def __init__(self, state: AppState, simulator: Simulator) -> None:
        self._state = state
        self._simulator = simulator
        self._failures: list[BaseException] = []
        self._read = 0
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
        self.raise_failures()
        self._check_answers()

    def send(self) -> None:
        """Send what is due. A worker of the app delivers what waits for it."""
        self._simulator.notifier.drain()
        if self._state.config.event_delivery == "worker":
            in_app(self._state.app, lambda: sweep.sweep(self._state))

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
        config, parts = self._state.config, urlsplit(url)
        path, base = parts.path, f"{parts.scheme}://{parts.netloc}"
        if url == config.notify_url:  # the public URL may have a path of its own
            path, base = f"{config.url_prefix}/notify", config.public_url
        client = self._state.app.test_client()
        try:
            answer = post(client, path, base_url=base, data=body, headers=dict(headers))
        except Exception as error:
            self._failures.append(error)
            raise Unreachable(type(error).__name__) from error
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    def _check_answers(self) -> None:
        """Check that the app has taken each notification that was sent as it should.

        :raises KitError: if it has not.
        """
        deliveries = self._simulator.deliveries
        new, self._read = deliveries[self._read :], len(deliveries)
        for delivery in new:
            if delivery.error and not delivery.fault:
                raise KitError(
                    f"The app did not take Antom's {delivery.notify_type}: it"
                    f" {delivery.error}."
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
        """Let the test's own session read again what the app has written."""
        session = self._session()
        if session is not None:
            self._state.host.end_reads(session)
            session.expire_all()
