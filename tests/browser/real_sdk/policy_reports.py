"""A page's policy as a header, and what a browser reports of breaches of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from playwright.sync_api import Page

#: The host's part of a policy; what is not named elsewhere is forbidden.
STRICT = {"default-src": "'none'", "base-uri": "'none'"}

_LURE = "https://lure.invalid/"

#: Waits until a report that begins so is here.
_AWAIT = """async start => {
  const end = Date.now() + 45000;
  let reported = [];
  while (!reported.some(report => report.startsWith(start))) {
    if (Date.now() > end) throw new Error(`${start} is not in ${reported}`);
    await new Promise(done => setTimeout(done, 100));
    reported = await (await fetch('/breaches')).json();
  }
}"""

_TELL = """addEventListener('securitypolicyviolation', breach =>
  tellBreach(`${breach.effectiveDirective} ${breach.blockedURI}`));"""


def header(policy: Mapping[str, str]) -> str:
    """Write a policy as the value of ``Content-Security-Policy``."""
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


class PolicyReports:
    """Collects the reports that browsers post to an app.

    :ivar reported: directive and address of each report, as in
        ``"img-src https://example.com"``; :ivar heard: the same, as the page heard it.
    """

    def __init__(self, app: Flask) -> None:
        self.reported: list[str] = []
        self.heard: list[str] = []

        @app.post("/breaches")
        def take() -> Response:
            report: dict[str, Any] = request.get_json(force=True)["csp-report"]
            self.reported.append(
                f"{report['effective-directive']} {report['blocked-uri']}"
            )
            return Response(status=204)

        @app.get("/breaches")
        def tell() -> Response:
            return jsonify(self.reported)

    def listen(self, page: Page) -> None:
        """Hear from the page itself, too, of breaches from its next load on."""
        page.expose_function("tellBreach", self._hear)
        page.add_init_script(_TELL)

    def _hear(self, breach: str) -> None:
        self.heard.append(breach)

    def wait_for(self, page: Page, start: str) -> None:
        """Wait for a report that begins so, as with the name of a directive."""
        page.evaluate(_AWAIT, start)

    def of(self, page: Page) -> set[str]:
        """Give all breaches so far, reported or heard, each once.

        The page is made to break its policy once more: when that report is here, so
        are those before it.
        """
        lure = f"img-src {_LURE}"
        page.evaluate("lure => { new Image().src = lure; }", _LURE)
        self.wait_for(page, lure)
        assert lure in self.heard
        return {*self.reported, *self.heard} - {lure}
