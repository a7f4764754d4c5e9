"""A Django site with dj-stripe, and a receiver that marks orders.

``gunicorn benchmarks.subjects.django_site:make_app()`` takes its database and the URL
of Stripe's API from ``BENCHMARK_DATABASE`` and ``BENCHMARK_GATEWAY``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django  # type: ignore[import-not-found]
from django.conf import settings  # type: ignore[import-not-found]
from django.core.management import call_command  # type: ignore[import-not-found]
from django.core.wsgi import get_wsgi_application  # type: ignore[import-not-found]
from django.db import connection  # type: ignore[import-not-found]

from benchmarks.stripe_objects import ENDPOINT, SECRET, VERSION

#: As a test key of Stripe's looks.
API_KEY = "sk_test_" + "benchmark" * 3

APPS = ("contenttypes", "auth", "djstripe")


def set_up() -> None:
    url = urlsplit(os.environ["BENCHMARK_DATABASE"])
    settings.configure(
        SECRET_KEY="for benchmarks only",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="benchmarks.subjects.django_urls",
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "djstripe",
        ],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.path.strip("/"),
                "USER": url.username,
                "HOST": parse_qs(url.query)["host"][0],
                "OPTIONS": {"pool": {"min_size": 4, "max_size": 5}},
            }
        },
        MIGRATION_MODULES=dict.fromkeys(APPS),  # hundreds of them take a minute
        STRIPE_TEST_SECRET_KEY=API_KEY,
        STRIPE_LIVE_MODE=False,
        STRIPE_API_VERSION=VERSION,
        STRIPE_API_HOST=os.environ["BENCHMARK_GATEWAY"],
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        LOGGING={"version": 1, "disable_existing_loggers": True},
    )
    django.setup()


def mark_paid(event: Any, **extra: Any) -> None:
    """Mark an order as paid: the least that a shop's receiver does."""
    reference = event.data["object"]["metadata"]["order"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shop_order SET status = 'paid' WHERE reference = %s", [reference]
        )


def make_app() -> Any:
    set_up()
    from djstripe.event_handlers import (  # type: ignore[import-not-found]
        djstripe_receiver,
    )

    djstripe_receiver("payment_intent.succeeded")(mark_paid)
    return get_wsgi_application()


class DjangoSite:
    """The site as a subject."""

    def open(self, database: str, gateway: str) -> None:
        """Create the tables, and the endpoint that Stripe calls."""
        os.environ.update(BENCHMARK_DATABASE=database, BENCHMARK_GATEWAY=gateway)
        set_up()
        from djstripe import models  # type: ignore[import-not-found]

        call_command("migrate", run_syncdb=True, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE shop_order (id serial PRIMARY KEY,"
                " reference varchar(64) NOT NULL UNIQUE, status varchar(16) NOT NULL)"
            )
        owner = models.Account.objects.create(id="acct_benchmark", livemode=False)
        models.APIKey.objects.create(
            type="secret",
            secret=API_KEY,
            livemode=False,
            djstripe_owner_account=owner,
        )
        models.WebhookEndpoint.objects.create(
            id="we_benchmark",
            livemode=False,
            api_version=VERSION,
            enabled_events=["*"],
            secret=SECRET,
            status="enabled",
            url="http://127.0.0.1/",
            djstripe_uuid=ENDPOINT,
            djstripe_owner_account=owner,
        )

    def expect(self, references: Sequence[str]) -> None:
        """Add open orders."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO shop_order (reference, status)"
                " SELECT id, 'open' FROM unnest(%s::text[]) AS id",
                [[*references]],
            )

    def counts(self) -> list[int]:
        """Return the paid orders and the processed webhooks so far."""
        from djstripe import models

        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM shop_order WHERE status = 'paid'")
            (paid,) = cursor.fetchone()
        done = models.WebhookEventTrigger.objects.filter(processed=True, exception="")
        return [paid, done.count()]


make_subject = DjangoSite
