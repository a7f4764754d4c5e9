"""Calls of the simulator without a network."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.gateway.transport import Send
from flask_antom.simulator import Simulator


def send_to(simulator: Simulator) -> Send:
    """Return what carries a shop's calls to the simulator: ``FlaskAntom(send=…)``."""
    simulator.app.testing = True  # a broken connection is raised

    def send(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        client = simulator.app.test_client()
        try:
            answer = client.post(urlsplit(url).path, data=body, headers=dict(headers))
        except ConnectionResetError:
            raise Unreachable("ConnectionResetError") from None
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    return send
