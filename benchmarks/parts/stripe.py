"""Webhooks a second, beside dj-stripe.

Both verify, store and apply signed webhooks, each once, and mark an order in the same
PostgreSQL, under gunicorn with as many processes and threads. dj-stripe asks Stripe's
API for the payment, here a stand-in on loopback that answers at once.
``balance.available`` is only stored: it is the least that dj-stripe does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import Bench, collected, new_ids
from benchmarks.load import http, send_all
from benchmarks.measure import Result, number
from benchmarks.messages import NOTIFY_PATH, notification
from benchmarks.postgres import open_postgres
from benchmarks.processes import gunicorn, open_gateway, open_subject
from benchmarks.stripe_objects import WEBHOOK_PATH, event

REQUESTS = 240

TARGETS = {
    "dj-stripe, balance.available": ">= 2.5",
    "dj-stripe, payment_intent.succeeded": ">= 5",
}
KINDS = {name: name.partition(", ")[2] for name in TARGETS}


def run(bench: Bench) -> Iterator[Result]:
    """Measure both kinds of webhooks beside new notifications."""
    rates = collected()
    environment = bench.environments.stripe
    with ExitStack() as stack:
        here = bench.environments.present
        api = stack.enter_context(open_gateway(here, name="stripe"))
        postgres = stack.enter_context(open_postgres())
        sides = stack.enter_context(bench.open_sides(postgres))
        database = postgres.new_database("stripe")
        site = stack.enter_context(open_subject(environment, "django_site"))
        site.ask("open", database=database, gateway=api)
        ports = {
            name: stack.enter_context(
                gunicorn(side.environment, side.app, database=side.database)
            ).port
            for name, side in sides.items()
        }
        app = "benchmarks.subjects.django_site:make_app()"
        django = stack.enter_context(
            gunicorn(environment, app, database=database, gateway=api)
        )

        def rate(name: str, size: int) -> float:
            ids = new_ids(size)
            if name in sides:
                sides[name].subject.ask("expect", request_ids=ids)
                requests = [http(NOTIFY_PATH, *notification(each)) for each in ids]
            else:
                site.ask("expect", references=[f"pi_{each}" for each in ids])
                requests = [http(WEBHOOK_PATH, *event(i, KINDS[name])) for i in ids]
            load = send_all(ports.get(name, django.port), requests)
            if [*load.statuses] != [200]:
                raise RuntimeError(f"{name}: {load.statuses}")
            return load.rate

        names = [*sides, *KINDS]
        for name in names:
            rate(name, 40)
        for turn in bench.turns("stripe", names):
            for name in turn:
                rates[name].append(rate(name, REQUESTS))
        done = 40 + bench.rounds * REQUESTS
        if site.ask("counts") != [done, 2 * done]:
            raise RuntimeError("dj-stripe did not do all its work.")
    yield from bench.results_beside_peers(
        "Notifications a second", rates, number, TARGETS
    )
