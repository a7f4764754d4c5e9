"""An app, served on loopback to the browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class LocalServer:
    """A free port of the loopback interface, at which an app is served once it is made.

    :ivar url: without a slash at the end; known before there is an app.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serve(self, app: Flask) -> Iterator[None]:
        with self._listener:
            server = make_server(
                "127.0.0.1",
                self.port,
                app,
                threaded=True,
                request_handler=_QuietHandler,
                fd=self._listener.fileno(),
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve an app that need not know its own address; yield the URL."""
    server = LocalServer()
    with server.serve(app):
        yield server.url


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
