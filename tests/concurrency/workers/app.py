"""A shop whose events are delivered by workers, as ``celery -A`` takes it.

``SHOP_SETTINGS`` holds its settings as JSON, ``SHOP_BROKER`` the broker's URL if there
is one, and ``SHOP_GATE`` a directory. Where that holds the file ``shut``, the receiver
says ``waiting`` there, and waits until ``shut`` is gone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from celery import Celery
from flask import Flask

from flask_antom.contrib.celery import init_celery
from flask_antom.signals import payment_succeeded
from tests.support.processes import until
from tests.support.shop import Shopfront, make_shop

#: Seconds between two sweeps of Celery's beat.
EVERY = 0.3


def make_celery(shop: Shopfront, broker: str) -> Celery:
    """Make the Celery app as ``docs/workers.md`` shows it."""
    celery = Celery("shop", broker=broker, set_as_current=False)
    celery.conf.broker_transport_options = {
        "max_retries": 0,
        "socket_connect_timeout": 1,
    }
    celery.conf.broker_connection_retry_on_startup = True
    init_celery(celery, shop.app, every=EVERY)
    return celery


def _wait_at_the_gate(app: Flask, payment: Any, **extra: Any) -> None:
    gate = Path(os.environ["SHOP_GATE"])
    if (gate / "shut").exists():
        (gate / "waiting").touch()
        until(lambda: not (gate / "shut").exists())


if "SHOP_SETTINGS" in os.environ:
    shop = make_shop(json.loads(os.environ["SHOP_SETTINGS"]))
    app = shop.app
    shop.connect(payment_succeeded, _wait_at_the_gate)
    if "SHOP_BROKER" in os.environ:
        celery = make_celery(shop, os.environ["SHOP_BROKER"])
    with app.app_context():
        shop.db.engine.dispose()  # Celery forks now
