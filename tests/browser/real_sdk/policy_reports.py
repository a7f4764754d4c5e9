"""A page's policy as a header, and what a browser reports of breaches of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from playwright.sync_api import Page

#: The host's part of a policy; what is not named elsewhere is forbidden.
STRICT = {"default-src": "'none'", "base-uri": "'none'"}

_FORBIDDEN = "https://forbidden.invalid/"

#: Waits until a report that begins so is here.
_WAIT = """async start => {
  const end = Date.now() + 45000;
  let reported = [];
  while (!reported.some(report => report.startsWith(start))) {
    if (Date.now() > end) throw new Error(`${start} is not in ${reported}`);
    await new Promise(done => setTimeout(done, 100));
    reported = await (await fetch('/breaches')).json();
  }
}"""

_RECORD = """addEventListener('securitypolicyviolation', breach =>
  recordBreach(`${breach.effectiveDirective} ${breach.blockedURI}`));"""


def header(policy: Mapping[str, str]) -> str:
    """Write a policy as the value of ``Content-Security-Policy``."""
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


class PolicyReports:
    """Collects the reports that browsers post to an app.

    :ivar reported: directive and address of each report, as in
        ``"img-src https://example.com"``; :ivar seen: the same, as the page saw it.
    """

    def __init__(self, app: Flask) -> None:
        self.reported: list[str] = []
        self.seen: list[str] = []

        @app.post("/breaches")
        def receive() -> Response:
            report: dict[str, Any] = request.get_json(force=True)["csp-report"]
            self.reported.append(
                f"{report['effective-directive']} {report['blocked-uri']}"
            )
            return Response(status=204)

        @app.get("/breaches")
        def list_reports() -> Response:
            return jsonify(self.reported)

    def listen(self, page: Page) -> None:
        """Record what the page itself sees of breaches, too, from its next load on."""
        page.expose_function("recordBreach", self._see)
        page.add_init_script(_RECORD)

    def _see(self, breach: str) -> None:
        self.seen.append(breach)

    def wait_for(self, page: Page, start: str) -> None:
        """Wait for a report that begins so, as with the name of a directive."""
        page.evaluate(_WAIT, start)

    def of(self, page: Page) -> set[str]:
        """Return all breaches so far, reported or seen, each once.

        The page is made to break its policy once more: when that report is here, so
        are those before it.
        """
        forbidden = f"img-src {_FORBIDDEN}"
        page.evaluate("forbidden => { new Image().src = forbidden; }", _FORBIDDEN)
        self.wait_for(page, forbidden)
        assert forbidden in self.seen
        return {*self.reported, *self.seen} - {forbidden}
