"""Texts in databases whose own character set or collation says something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from flask_antom import Money
from tests.support.databases import new_database
from tests.support.offline import OfflineShop, failed, open_offline

#: Printable, and outside of latin1 and of the first plane of Unicode.
CODE = "余额不足 ✓ 😀"


@pytest.fixture(params=["latin1", "utf8mb3", "utf8mb4 COLLATE utf8mb4_general_ci"])
def shop(request: pytest.FixtureRequest, mariadb_url: str) -> Iterator[OfflineShop]:
    """A shop on a MariaDB database with this character set."""
    with new_database(mariadb_url) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            name = sa.make_url(url).database
            connection.execute(
                sa.text(f"ALTER DATABASE {name} CHARACTER SET {request.param}")
            )
        with open_offline(SQLALCHEMY_DATABASE_URI=url) as offline:
            yield offline


def add(shop: OfflineShop, **columns: Any) -> None:
    """Store a refund of the only payment."""
    antom, session = shop.shop.antom, shop.shop.db.session
    with shop.shop.app.app_context():
        session.add(
            antom.Refund(
                payment_ref=session.scalars(sa.select(antom.Payment.id)).one(),
                amount=Money(100, "MYR"),
                status="failed",
                **columns,
            )
        )
        session.commit()


def test_a_signed_notification_is_kept_with_all_its_characters(
    shop: OfflineShop,
) -> None:
    shop.add_payment()
    assert shop.notify(result=failed(CODE)).status_code == 200
    (payment,) = shop.shop.payments()
    assert (payment.status, payment.result_code) == ("failed", CODE)


def test_references_that_differ_by_case_are_two(shop: OfflineShop) -> None:
    for reference in ("A-1", "a-1", "Á-1"):
        shop.add_payment(f"R-{reference}", reference)
    payment = shop.shop.antom.Payment
    query = sa.select(payment.request_id).where(payment.order_reference == "A-1")
    with shop.shop.app.app_context():
        assert shop.shop.db.session.scalars(query).all() == ["R-A-1"]


def test_keys_that_differ_by_case_are_two(shop: OfflineShop) -> None:
    shop.add_payment("one")
    add(shop, request_id="R-1", key="return-7")
    add(shop, request_id="r-1", key="Return-7")
    with pytest.raises(sa.exc.IntegrityError):
        add(shop, request_id="R-2", key="return-7")


def test_free_texts_are_kept_with_all_their_characters(shop: OfflineShop) -> None:
    shop.add_payment(session_data=CODE, normal_url=CODE)
    add(shop, request_id="R-1", reason=CODE)
    (payment,) = shop.shop.payments()
    assert (payment.session_data, payment.normal_url) == (CODE, CODE)
    antom, session = shop.shop.antom, shop.shop.db.session
    with shop.shop.app.app_context():
        assert session.scalars(sa.select(antom.Refund.reason)).one() == CODE


def test_a_hosts_table_can_be_joined(shop: OfflineShop) -> None:
    shop.add_payment()
    sold = sa.table("sold", sa.column("reference"))
    payment = shop.shop.antom.Payment
    join = sa.select(payment).join(sold, payment.order_reference == sold.c.reference)
    with shop.shop.app.app_context():
        session = shop.shop.db.session
        session.execute(sa.text("CREATE TABLE sold (reference VARCHAR(64))"))
        session.execute(sa.text("INSERT INTO sold VALUES ('A-1')"))
        assert len(session.scalars(join).all()) == 1
        session.commit()
