"""A client without a browser: HTTP, cookies and the token of the forms."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

ORDER = {"quantity": "1", "name": "Test Buyer", "email": "buyer@shop.example"}


class Client:
    """One browser's cookies."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._client.get(path, headers=headers)

    def send_order_form(self, slug: str = "kopi-cup", **fields: str) -> TestResponse:
        """Fill in the order form and send it."""
        path = f"/products/{slug}/order"
        token = self._token(path)
        return self._client.post(path, data=ORDER | fields | {"csrf_token": token})

    def place_order(self) -> str:
        """Order something; return the path of the order."""
        answer = self.send_order_form()
        assert answer.status_code == 303
        return answer.location.removesuffix("/checkout")

    def post_without_token(self, slug: str = "kopi-cup") -> TestResponse:
        return self._client.post(f"/products/{slug}/order", data=ORDER)

    def request_session(self, reference: str, page: str) -> TestResponse:
        """Post what the payment form's script posts, with the token of some page."""
        token = self._token(page)
        wanted = {"orderReference": reference, "paymentMethodType": "GCASH"}
        headers = {"X-CSRFToken": token}
        return self._client.post("/antom/session", json=wanted, headers=headers)

    def _token(self, path: str) -> str:
        """Read the form token from a page."""
        field = r'name="csrf_token"[^>]* value="([^"]+)"'
        found = re.search(field, self._client.get(path).text)
        assert found is not None
        return found[1]
