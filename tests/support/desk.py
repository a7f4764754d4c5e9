"""The example shop on a day on which its clerk has work to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from example_app.database import db
from example_app.demo import open_shop
from example_app.models import Product, Purchase
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.shop import capture_by_hand

VISITOR = "visitor"


@dataclass
class Desk:
    """The shop, its Antom, and its mail server.

    :ivar mail_is_down: whether the receiver that sends a mail raises.
    """

    app: Flask
    simulator: Simulator
    mail_is_down: bool = False

    def mail(self, app: Flask, payment: Any, **extra: Any) -> None:
        """Mail the buyer: another receiver of the shop."""
        if self.mail_is_down:
            raise RuntimeError("The mail server does not answer")

    def begin(self, reference: str, method: str = "CARD") -> str:
        """Order a cup and begin to pay it; return the ``paymentRequestId``."""
        with self.app.app_context():
            product = db.session.query(Product).filter_by(slug="kopi-cup").one()
            db.session.add(
                Purchase(
                    reference=reference,
                    visitor=VISITOR,
                    product=product,
                    quantity=2,
                    unit_value=product.price_value,
                    buyer_name="Aisyah",
                    buyer_email="aisyah@buyer.example",
                )
            )
            db.session.commit()
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["visitor"] = VISITOR
        wanted = {"orderReference": reference, "paymentMethodType": method}
        answer = client.post("/antom/session", json=wanted)
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json["paymentRequestId"]  # type: ignore[index]
        return request_id

    def pay(self, reference: str, method: str = "CARD", *, lost: int = 0) -> None:
        """Order, and pay; so many notifications get lost."""
        request_id = self.begin(reference, method)
        for _ in range(lost):
            self.simulator.faults.notifications("drop")
        self.simulator.approve(request_id)
        self.simulator.notifier.drain()
        if method == "CARD":
            self.simulator.clock.advance(seconds=5)  # Antom captures
            self.simulator.notifier.drain()

    def run(self, *arguments: str, answer: str = "") -> str:
        """Run ``flask antom``, and let Antom notify; return what it prints."""
        runner = self.app.test_cli_runner()
        output = runner.invoke(args=["antom", *arguments], input=answer).output
        self.simulator.notifier.drain()
        return output


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Open the shop on the day."""
    with open_shop(folder, 0, 0) as demo:
        assert demo.simulator is not None
        demo.app.config["WTF_CSRF_ENABLED"] = False
        desk = Desk(demo.app, demo.simulator)
        hooks = demo.app.extensions["antom"].hooks
        payment_succeeded.connect(desk.mail, sender=demo.app)
        try:
            desk.pay("8WTRC4HN", "GCASH")
            desk.mail_is_down = True
            desk.pay("K7Q4M2XP")
            desk.mail_is_down = False
            desk.pay("M3D9ZKFP", "GCASH", lost=1)
            hooks.session_request = capture_by_hand
            desk.pay("R2VNGX6T")
            hooks.session_request = None
            desk.begin("5JHWY8QA")
            yield desk
        finally:
            hooks.session_request = None
            payment_succeeded.disconnect(desk.mail, sender=demo.app)
