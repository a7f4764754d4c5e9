"""A shop whose events are delivered by workers, as their programs take it.

``SHOP_SETTINGS`` holds its settings as JSON, ``SHOP_QUEUE`` the name of its queue and
``SHOP_BROKER`` the broker's URL if there is one, and ``SHOP_GATE`` a directory. Where
that holds the file ``shut``, the receiver writes its process into ``waiting`` there,
and waits until ``shut`` is gone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import Flask

from flask_antom import Money
from flask_antom.signals import payment_succeeded
from tests.concurrency.workers.queues import QUEUES
from tests.support.processes import until
from tests.support.shop import make_order, make_shop


def _wait_at_the_gate(app: Flask, payment: Any, **extra: Any) -> None:
    gate = Path(os.environ["SHOP_GATE"])
    if (gate / "shut").exists():
        (gate / "pid").write_text(str(os.getpid()))
        (gate / "pid").rename(gate / "waiting")
        until(lambda: not (gate / "shut").exists())


if "SHOP_SETTINGS" in os.environ:
    shop = make_shop(json.loads(os.environ["SHOP_SETTINGS"]))
    app = shop.app
    shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    shop.connect(payment_succeeded, _wait_at_the_gate)
    if "SHOP_QUEUE" in os.environ:
        queue = QUEUES[os.environ["SHOP_QUEUE"]].make(shop, os.environ["SHOP_BROKER"])
    with app.app_context():
        shop.db.engine.dispose()  # Celery forks now
