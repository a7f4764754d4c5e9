"""The queues of ``docs/workers.md``, for the web side and the workers of a shop.

Huey and Dramatiq are used as the page shows it: its blocks of code are run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from celery import Celery
from flask_rq import RQ

from flask_antom.contrib.celery import init_celery
from flask_antom.contrib.rq import init_rq
from tests.support.blocks import DOCS, blocks
from tests.support.shop import Shopfront

#: The app of the workers, as ``flask --app`` takes it.
SHOP = "tests.concurrency.workers.app"

#: Seconds between two sweeps of Celery's beat.
EVERY = 0.3

#: The broker's URL on the page.
_URL = "redis://localhost:6379/0"


def make_celery(shop: Shopfront, broker: str) -> Celery:
    """Make the Celery app as ``docs/workers.md`` shows it."""
    celery = Celery("shop", broker=broker, set_as_current=False)
    if broker.startswith("redis"):
        celery.conf.broker_transport_options = {
            "max_retries": 0,
            "socket_connect_timeout": 1,
        }
    celery.conf.broker_connection_retry_on_startup = True
    init_celery(celery, shop.app, every=EVERY)
    return celery


def make_rq(shop: Shopfront, broker: str) -> RQ:
    shop.app.config.update(RQ_CONNECTION=broker, RQ_ASYNC=True)
    rq = RQ(shop.app)
    init_rq(rq, shop.app, every=1)
    return rq


def make_huey(shop: Shopfront, broker: str) -> Any:
    return run_recipe(shop, "import RedisHuey", broker).huey


def make_dramatiq(shop: Shopfront, broker: str) -> Any:
    return run_recipe(shop, "import dramatiq", broker).dramatiq.get_broker()


def run_recipe(shop: Shopfront, words: str, broker: str) -> ModuleType:
    """Run the block of the page that holds the words, with another broker."""
    (code,) = (one for one in blocks(DOCS / "workers.md", "python") if words in one)
    assert _URL in code
    code = code.replace(_URL, broker)
    if broker.startswith("amqp"):
        code = code.replace(".redis", ".rabbitmq").replace("Redis", "Rabbitmq")
    module, jobs = ModuleType("shop"), ModuleType("jobs")
    vars(module).update(app=shop.app, antom=shop.antom)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "shop", module)
        patch.setitem(sys.modules, "jobs", jobs)
        exec(compile(code, "jobs.py", "exec"), vars(jobs))  # noqa: S102
    return jobs


@dataclass(frozen=True)
class Queue:
    """A queue, its broker, and its programs.

    :ivar make: connects a shop with the queue.
    :ivar broker: the fixture with the broker.
    :ivar worker: the arguments of Python that start a worker.
    :ivar sweeper: those that start what sweeps, besides the worker.
    """

    make: Callable[[Shopfront, str], Any]
    broker: str
    worker: tuple[str, ...]
    sweeper: tuple[str, ...]


_FLASK = ("flask", "--app", SHOP)
_CELERY = ("celery", "-A", f"{SHOP}:queue")
_WORKER = (*_CELERY, "worker", "--concurrency", "1", "--loglevel", "info")
_WORK = (*_FLASK, "antom", "work", "--pause", "0.1")
_DRAMATIQ = ("dramatiq", "--processes", "1", "--threads", "1", SHOP)
_HUEY = ("huey.bin.huey_consumer", f"{SHOP}.queue", "--workers", "1")

QUEUES: Mapping[str, Queue] = {
    "celery": Queue(make_celery, "redis", _WORKER, (*_CELERY, "beat")),
    "celery on rabbitmq": Queue(make_celery, "rabbitmq", _WORKER, (*_CELERY, "beat")),
    "rq": Queue(make_rq, "redis", (*_FLASK, "rq", "worker"), (*_FLASK, "rq", "cron")),
    "huey": Queue(make_huey, "redis", _HUEY, _WORK),
    "dramatiq": Queue(make_dramatiq, "redis", _DRAMATIQ, _WORK),
    "dramatiq on rabbitmq": Queue(make_dramatiq, "rabbitmq", _DRAMATIQ, _WORK),
}
