"""Joins an app and a simulated Antom in one process, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from ..app_state import AppState
from ..clock import SYSTEM_CLOCK, SystemClock
from ..config import Config
from ..gateway.http import Reply, Unreachable
from ..gateway.transport import Send
from ..simulator import Simulator
from ..simulator.clock import Clock
from .errors import KitError
from .signer import CLIENT_ID, key_of, loaded_key_of

#: The settings that the kit replaces: those of the account, and of where Antom is.
_REPLACED = (
    "ANTOM_AGENT_TOKEN",
    "ANTOM_PRIVATE_KEY_FILE",
    "ANTOM_PUBLIC_KEY_FILE",
)

#: Where Antom and buyers reach an app that does not say so.
PUBLIC_URL = "http://localhost"


class SharedClock(SystemClock):
    """The clock of the simulator as the clock of the app. Nobody really waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.now()

    def now(self) -> datetime:
        """Return the simulated present."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return (self._clock.now() - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Wind the clock forward instead of waiting."""
        self._clock.offset += timedelta(seconds=seconds)


def new_simulator() -> Simulator:
    """Return a simulated Antom that knows the key of the apps under test.

    Its clock stands still until it is wound: a slow test sees what a quick one sees.
    """
    key = loaded_key_of("merchant").public_key()
    public_key = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    started = SYSTEM_CLOCK.now()
    return Simulator(
        public_key.decode(),
        private_key=loaded_key_of("antom"),
        clock=Clock(lambda: started),
    )


def state_of(app: Flask) -> AppState:
    """Return the state of an app that may be tested.

    :raises KitError: if the app may be in use, or does not use Flask-Antom.
    """
    if not app.testing:
        raise KitError(
            "The kit replaces the app's Antom by a simulated one, so it only takes an"
            ' app for tests: set app.config["TESTING"] = True.'
        )
    state = app.extensions.get("antom")
    if not isinstance(state, AppState):
        raise KitError(
            "The app does not use Flask-Antom: antom.init_app(app) was not called."
        )
    if not app.secret_key:
        raise KitError(
            'The links to the result page need a key: set app.config["SECRET_KEY"].'
        )
    return state


def wire(state: AppState, simulator: Simulator) -> AppState:
    """Return the state of the same app with the simulator as its Antom."""
    settings = {
        key: value
        for key, value in state.app.config.items()
        if key.startswith("ANTOM_") and key not in _REPLACED
    }
    settings |= {
        "ANTOM_CLIENT_ID": CLIENT_ID,
        "ANTOM_ENVIRONMENT": "sandbox",
        "ANTOM_KEY_VERSION": "1",
        "ANTOM_PRIVATE_KEY": key_of("merchant"),
        "ANTOM_PUBLIC_KEY": simulator.public_key,
        "ANTOM_PUBLIC_URL": state.config.public_url or PUBLIC_URL,
    }
    config = Config.from_mapping(settings)
    config.keyring.keep("1", loaded_key_of("merchant"))
    other = state.another(
        config, send=send_to(simulator), clock=SharedClock(simulator.clock)
    )
    other.event_dispatcher = _put_nowhere
    other.measures.follow(state.measures)
    return other


def _put_nowhere(event_id: int) -> None:
    """Leave an event to the kit, which is the worker: no broker runs in tests."""


def send_to(simulator: Simulator) -> Send:
    """Return what carries an app's calls to a simulator in the same process."""
    simulator.app.testing = True  # a broken connection is raised

    def send(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        clock, parts = simulator.clock, urlsplit(url)
        before = clock.offset
        try:
            answer = simulator.app.test_client().post(
                parts.path,
                base_url=f"{parts.scheme}://{parts.netloc}",
                data=body,
                headers=dict(headers),
            )
        except ConnectionResetError:
            if simulator.calls[-1].fault == "timeout":
                clock.offset += timedelta(seconds=seconds)
            raise Unreachable("ConnectionResetError") from None
        if clock.offset - before > timedelta(seconds=seconds):
            clock.offset = before + timedelta(seconds=seconds)
            raise Unreachable("the time is over")
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    return send
