"""Serves the simulator over HTTP in a thread of this process."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from .clock import Clock


class Server:
    """A running simulator; also a context manager.

    :ivar url: its URL, without a slash at the end: the merchant's
        ``ANTOM_GATEWAY_URL``.
    :raises OSError: if the port is taken.
    """

    def __init__(self, app: Flask, clock: Clock, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family) as listener:
            self._server = make_server(
                host,
                listener.getsockname()[1],
                app,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
        self._clock = clock
        name = f"[{host}]" if ":" in host else host
        self.url: str = f"http://{name}:{self._server.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="antom-simulator",
            daemon=True,
        )
        self._thread.start()
        clock.start()

    @property
    def sdk_url(self) -> str:
        """The URL of the replacement for the browser SDK: ``ANTOM_SDK_URL``."""
        return f"{self.url}/sdk/ams-checkout.js"

    def close(self) -> None:
        """Stop serving and stop the clock's timers; it may be called twice."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._clock.stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _QuietHandler(WSGIRequestHandler):
    """Does not log requests: the merchant's server uses the same terminal."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
