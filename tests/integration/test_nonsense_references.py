"""References that are no keys of the shop's table, as strangers and typos send them."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import render_template_string
from sqlalchemy import orm

from flask_antom import Money, Order
from tests.support.offline import SESSION, OfflineShop
from tests.support.shop import db, make_order

pytestmark = pytest.mark.every_database

MACRO = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout(reference, methods=["GCASH"]) }}"""

#: A number, and references that are none or do not fit into a column.
NONSENSE = [
    "abc",
    "1abc",
    "1 ",
    "1.0",
    "-1",
    "2147483648",
    "9223372036854775808",
    "99999999999999999999999999999999",
    "1e3",
    "NaN",
    "' OR 1=1 --",
    "caf\u00e9",
    "\U0001f600",
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-00000000000g",
    str(uuid.UUID(int=1)).replace("-", ""),
]

Load = Callable[[str], Order | None]
Loader = Callable[[type[Any]], Load]


class Base(orm.DeclarativeBase):
    """The tables of this test only, beside those of the shop."""


class Numbered(Base):
    """Orders whose reference is a number."""

    __tablename__ = "numbered_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


class Unique(Base):
    """Orders whose reference is a UUID."""

    __tablename__ = "unique_order"
    id: orm.Mapped[uuid.UUID] = orm.mapped_column(sa.Uuid, primary_key=True)


def as_it_is(model: type[Any]) -> Load:
    """Load as a shop does that trusts its database to say no."""

    def load(reference: str) -> Order | None:
        return as_order(db.session.get(model, reference))

    return load


def converted(model: type[Any]) -> Load:
    """Load as a shop does that converts the reference itself."""
    convert = int if model is Numbered else uuid.UUID

    def load(reference: str) -> Order | None:
        return as_order(db.session.get(model, convert(reference)))

    return load


def as_order(row: Any) -> Order | None:
    return None if row is None else make_order(str(row.id), Money(4200, "MYR"))


@pytest.fixture
def keyed(offline: OfflineShop) -> Iterator[OfflineShop]:
    """A shop with an order of each kind: 1, and the UUID 1."""
    offline.answers["createPaymentSession"] = SESSION
    with offline.shop.app.app_context():
        engine = db.engine
        Base.metadata.create_all(engine)
        db.session.add_all([Numbered(id=1), Unique(id=uuid.UUID(int=1))])
        db.session.commit()
    yield offline
    with offline.shop.app.app_context():
        db.session.remove()
    Base.metadata.drop_all(engine)


def post_hosted(offline: OfflineShop, reference: str) -> Any:
    client = offline.shop.app.test_client()
    return client.post("/antom/hosted", data={"orderReference": reference})


def draw(offline: OfflineShop, reference: str) -> str:
    with offline.shop.app.test_request_context("/orders"):
        return render_template_string(MACRO, reference=reference)


@pytest.mark.parametrize("loader", [as_it_is, converted])
@pytest.mark.parametrize("model", [Numbered, Unique])
def test_a_nonsense_reference_is_no_order(
    keyed: OfflineShop, loader: Loader, model: type[Any]
) -> None:
    keyed.shop.antom.order_loader(loader(model))
    for reference in NONSENSE:
        answer: Any = keyed.shop.pay(reference)
        assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")
        page = post_hosted(keyed, reference)
        assert (page.status_code, "cannot find this order" in page.text) == (404, True)
        html = draw(keyed, reference)
        assert "cannot find this order" in html
        assert "<form" not in html
    assert keyed.shop.rows(keyed.shop.antom.Payment) == []


@pytest.mark.parametrize("loader", [as_it_is, converted])
@pytest.mark.parametrize(
    ("model", "reference"), [(Numbered, "1"), (Unique, str(uuid.UUID(int=1)))]
)
def test_the_right_reference_is_found(
    keyed: OfflineShop, loader: Loader, model: type[Any], reference: str
) -> None:
    if loader is not converted and model is Unique:
        loader = converted  # SQLAlchemy wants a UUID
    keyed.shop.antom.order_loader(loader(model))
    assert keyed.shop.pay(reference).status_code == 201
    assert "<form" in draw(keyed, reference)


def test_the_developer_is_told_of_the_loader(
    keyed: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    keyed.shop.antom.order_loader(converted(Numbered))
    with caplog.at_level(logging.WARNING, "flask_antom"):
        draw(keyed, "abc")
    loader, macro = caplog.messages
    assert "The order loader raised ValueError for the reference 'abc'" in loader
    assert re.search(r"antom_checkout\('abc'\) draws no form: the order loader", macro)


def test_after_nonsense_the_hosts_session_is_usable(keyed: OfflineShop) -> None:
    keyed.shop.antom.order_loader(as_it_is(Numbered))
    with keyed.shop.app.test_request_context("/orders"):
        render_template_string(MACRO, reference="abc")
        assert db.session.get(Numbered, 1) is not None


def test_what_the_host_has_flushed_outlives_nonsense(keyed: OfflineShop) -> None:
    keyed.shop.antom.order_loader(converted(Numbered))
    with keyed.shop.app.test_request_context("/orders"):
        db.session.add(Numbered(id=2))
        db.session.flush()
        render_template_string(MACRO, reference="abc")
        db.session.commit()
        assert db.session.get(Numbered, 2) is not None


# What is no nonsense


def break_table(reference: str) -> Order | None:
    db.session.execute(sa.text("SELECT * FROM no_such_table"))
    return None


def miss_database(reference: str) -> Order | None:
    with sa.create_engine("sqlite:////no/such/folder/file").connect():
        return None


def stumble(reference: str) -> Order | None:
    raise RuntimeError("a bug of the host's")


@pytest.mark.parametrize("load", [break_table, miss_database, stumble])
def test_any_other_fault_is_a_fault(offline: OfflineShop, load: Load) -> None:
    offline.shop.antom.order_loader(load)
    offline.shop.app.testing = False
    offline.shop.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert offline.shop.pay().status_code == 500
    assert post_hosted(offline, "A-1").status_code == 500
    with pytest.raises((sa.exc.DBAPIError, RuntimeError)):
        draw(offline, "A-1")
