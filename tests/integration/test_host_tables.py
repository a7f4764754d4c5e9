"""Tables that a host names, places and extends: all that we rely on stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flask_antom import FlaskAntom, Money
from flask_antom.errors import ConfigError
from flask_antom.models import (
    EventMixin,
    NotificationMixin,
    PaymentMixin,
    RefundMixin,
)
from tests.support.databases import KINDS, empty_database, new_database
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import SIGNER
from tests.support.shop import shop_settings

AMOUNT = Money(4200, "MYR")
MIXINS: dict[str, type[Any]] = {
    "payment": PaymentMixin,
    "refund": RefundMixin,
    "notification": NotificationMixin,
    "event": EventMixin,
}

#: What must be there: the table, its columns, and the table they refer to.
FOREIGN_KEYS = {
    ("refund", ("payment_ref",), "payment"),
    ("event", ("payment_ref",), "payment"),
    ("event", ("refund_ref",), "refund"),
}
UNIQUE = {
    ("payment", ("request_id",)),
    ("payment", ("open_key",)),
    ("refund", ("request_id",)),
    ("refund", ("key",)),
    ("refund", ("payment_ref", "key")),
    ("notification", ("key",)),
    ("event", ("payment_ref", "name", "about")),
    ("event", ("refund_ref", "name")),
}

#: What a host writes into its four classes, by the layout's name.
LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "prefix": {"__tablename__": "shop_{name}"},
    "arguments": {
        "__table_args__": (sa.Index("own", "id"), {"mariadb_charset": "utf8mb4"})
    },
    "bind": {"__bind_key__": "money"},
    "schema": {"__table_args__": {"schema": "{schema}"}},
    "all": {
        "__tablename__": "shop_{name}",
        "__table_args__": (sa.Index("own", "id"), {"schema": "{schema}"}),
        "__bind_key__": "money",
    },
}


def fill(value: Any, **words: str) -> Any:
    """Fill the words into the texts of a layout, and copy its index."""
    if isinstance(value, str):
        return value.format(**words)
    if isinstance(value, dict):
        return {key: fill(item, **words) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(fill(item, **words) for item in value)
    return sa.Index(f"own_{words['name']}", "id")


def make_models(base: Any, layout: str = "plain", schema: str = "") -> dict[str, Any]:
    """Make a host's four classes, as arguments of ``FlaskAntom``."""
    return {
        f"{name}_model": type(
            f"Own{name.capitalize()}",
            (mixin, base),
            fill(LAYOUTS[layout], name=name, schema=schema),
        )
        for name, mixin in MIXINS.items()
    }


def table_of(antom: FlaskAntom, name: str) -> sa.Table:
    table: sa.Table = getattr(antom, name.capitalize()).__table__
    return table


def check_tables(engine: sa.Engine, antom: FlaskAntom) -> None:
    """Compare what the database has with what must be there."""
    inspector = sa.inspect(engine)
    names = {table_of(antom, name).fullname: name for name in MIXINS}
    foreign_keys, unique = set(), set()
    for name in MIXINS:
        table = table_of(antom, name)
        for key in inspector.get_foreign_keys(table.name, table.schema):
            schema = key["referred_schema"]
            other = ".".join(filter(None, (schema, key["referred_table"])))
            columns = tuple(key["constrained_columns"])
            foreign_keys.add((name, columns, names[other]))
        for constraint in inspector.get_unique_constraints(table.name, table.schema):
            unique.add((name, tuple(constraint["column_names"])))
    assert (foreign_keys, unique) == (FOREIGN_KEYS, UNIQUE)
    payment = table_of(antom, "payment")
    indexes = inspector.get_indexes(payment.name, payment.schema)
    indexed = [index["column_names"] for index in indexes]
    assert ["status"] in indexed
    own = "own_payment" in {index.name for index in payment.indexes}
    assert (["id"] in indexed) == own


def pay(app: Flask, db: Any, antom: FlaskAntom) -> None:
    """Store a payment and take Antom's notification that it is paid."""
    with app.app_context():
        row = antom.Payment(
            request_id="R-1",
            order_reference="A-1",
            amount=AMOUNT,
            method="GCASH",
            mode="cashier",
            status="created",
        )
        db.session.add(row)
        db.session.commit()
    body, headers = SIGNER.notification("R-1", AMOUNT)
    answer = app.test_client().post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 200, answer.text
    with app.app_context():
        assert db.session.scalars(db.select(antom.Payment.status)).all() == [
            "succeeded"
        ]
        event = db.session.scalars(db.select(antom.Event)).one()
        assert (event.name, event.about) == ("payment_succeeded", "")


def make_app(url: str) -> Flask:
    app = Flask("host")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_BINDS"] = {"money": url}
    return app


@contextmanager
def new_schema(url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a second schema beside a database's own; MariaDB's are databases."""
    if sa.make_url(url).get_backend_name() != "postgresql":
        with new_database(request.getfixturevalue("mariadb_url")) as other:
            yield str(sa.make_url(other).database)
        return
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA money"))
    yield "money"


@pytest.fixture(params=[kind for kind in KINDS if kind != "sqlite-wal"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture(params=["postgresql", "mariadb"])
def server_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
def schema(server_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    with new_schema(server_url, request) as schema:
        yield schema


def check_shop(app: Flask, db: SQLAlchemy, models: dict[str, Any]) -> FlaskAntom:
    """Open a shop with these classes, look at its tables, and pay."""
    antom = FlaskAntom(app, db=db, **models)
    with app.app_context():
        db.create_all()
        bind = table_of(antom, "payment").metadata.info.get("bind_key")
        check_tables(db.engines[bind], antom)
    pay(app, db, antom)
    return antom


def close(app: Flask, db: SQLAlchemy) -> None:
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("layout", ["prefix", "arguments", "bind"])
def test_a_host_names_tables_and_adds_arguments(url: str, layout: str) -> None:
    app = make_app(url)
    db: Any = SQLAlchemy(app)
    antom = check_shop(app, db, make_models(db.Model, layout))
    assert (table_of(antom, "event").name == "shop_event") == (layout == "prefix")
    close(app, db)


@pytest.mark.parametrize("layout", ["schema", "all"])
def test_a_host_puts_the_tables_into_a_schema(
    server_url: str, schema: str, layout: str
) -> None:
    app = make_app(server_url)
    db: Any = SQLAlchemy(app)
    antom = check_shop(app, db, make_models(db.Model, layout, schema))
    assert table_of(antom, "payment").schema == schema
    delete = sa.delete(antom.Payment)
    with app.app_context(), pytest.raises(sa.exc.IntegrityError):
        db.session.execute(delete)
    close(app, db)


def test_a_host_puts_one_of_the_tables_into_a_schema(
    server_url: str, schema: str
) -> None:
    app = make_app(server_url)
    db: Any = SQLAlchemy(app)
    models = make_models(db.Model, "schema", schema)
    check_shop(app, db, {"payment_model": models["payment_model"]})
    with app.app_context():
        db.drop_all()  # MariaDB drops no schema that another refers to
    close(app, db)


def test_the_metadata_name_a_schema(server_url: str, schema: str) -> None:
    app = make_app(server_url)
    db: Any = SQLAlchemy(app, metadata=sa.MetaData(schema=schema))
    antom = check_shop(app, db, {})
    assert table_of(antom, "event").schema == schema
    with pytest.raises(ConfigError, match="one FlaskAntom for each db"):
        FlaskAntom(db=db)
    close(app, db)


def test_the_metadata_name_the_constraints() -> None:
    naming = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    }
    db = SQLAlchemy(metadata=sa.MetaData(naming_convention=naming))
    antom = FlaskAntom(db=db)
    names = {str(item.name) for item in table_of(antom, "event").constraints}
    assert names >= {
        "uq_antom_event_payment_ref",
        "uq_antom_event_refund_ref",
        "fk_antom_event_payment_ref_antom_payment",
        "fk_antom_event_refund_ref_antom_refund",
    }
    indexes = {index.name for index in table_of(antom, "payment").indexes}
    assert "ix_antom_payment_status" in indexes


def test_two_extensions_share_the_classes(url: str) -> None:
    app = make_app(url)
    db: Any = SQLAlchemy(app)
    models = make_models(db.Model)
    FlaskAntom(db=db, **models)
    antom = check_shop(app, db, models)
    counts = [len(table_of(antom, name).constraints) for name in MIXINS]
    assert counts == [3, 5, 2, 5]  # the primary keys are among them
    close(app, db)


def test_a_hosts_own_foreign_key_is_kept() -> None:
    db: Any = SQLAlchemy()
    own = sa.ForeignKeyConstraint(
        ["payment_ref"], ["antom_payment.id"], ondelete="CASCADE"
    )
    event = type("Event", (EventMixin, db.Model), {"__table_args__": (own,)})
    antom = FlaskAntom(db=db, event_model=event)
    column = table_of(antom, "event").c.payment_ref
    assert [key.ondelete for key in column.foreign_keys] == ["CASCADE"]


@pytest.mark.parametrize("apart", [["payment"], ["notification"], ["refund", "event"]])
def test_tables_in_different_databases_are_refused(apart: list[str]) -> None:
    db: Any = SQLAlchemy()
    models = make_models(db.Model, "bind")
    given = {f"{name}_model": models[f"{name}_model"] for name in apart}
    with pytest.raises(ConfigError, match=r"antom_payment, .* pass all four models"):
        FlaskAntom(db=db, **given)


def test_a_host_defines_the_references_again(url: str) -> None:
    app = make_app(url)
    db: Any = SQLAlchemy(app)

    class Sale(db.Model):  # type: ignore[misc]
        __table_args__ = {"mariadb_collate": "utf8mb4_bin"}  # noqa: RUF012
        reference: Mapped[str] = mapped_column(sa.String(64), primary_key=True)

    class Payment(PaymentMixin, db.Model):  # type: ignore[misc]
        order_reference: Mapped[str] = mapped_column(sa.ForeignKey(Sale.reference))

    FlaskAntom(app, db=db, payment_model=Payment)
    with app.app_context():
        db.create_all()
        foreign_keys = sa.inspect(db.engine).get_foreign_keys("antom_payment")
        assert [key["referred_table"] for key in foreign_keys] == ["sale"]
    close(app, db)


def test_defaults_of_a_hosts_columns_are_honoured() -> None:
    app = make_app("sqlite://")
    db: Any = SQLAlchemy(app)

    class Payment(PaymentMixin, db.Model):  # type: ignore[misc]
        changed_by: Mapped[str] = mapped_column(default="shop", onupdate="antom")

    class Notification(NotificationMixin, db.Model):  # type: ignore[misc]
        seen: Mapped[bool] = mapped_column(default=False)

    class Event(EventMixin, db.Model):  # type: ignore[misc]
        tenant: Mapped[str] = mapped_column(default="all")

    models = {"payment_model": Payment, "notification_model": Notification}
    check_shop(app, db, {**models, "event_model": Event})
    with app.app_context():
        rows = [
            db.session.scalars(db.select(column)).one()
            for column in (Payment.changed_by, Notification.seen, Event.tenant)
        ]
    assert rows == ["antom", False, "all"]
    close(app, db)


# What a host's class may not do


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("version", "column"),
        ("environment", "column"),
        ("status", "column"),
        ("amount", "column"),
        ("paid_at", "property"),
        ("is_taken", "property"),
    ],
)
def test_a_host_does_not_redefine_what_is_ours(name: str, member: str) -> None:
    class Base(DeclarativeBase):
        pass

    members: dict[str, dict[str, Any]] = {
        "column": {name: mapped_column(sa.Integer, default=1)},
        "property": {name: property(lambda row: True)},
    }
    model = type("Payment", (PaymentMixin, Base), members[member])
    with pytest.raises(ConfigError, match=f"payment_model redefines {name},"):
        FlaskAntom(db=SQLAlchemy(), payment_model=model)


def test_a_class_of_a_hosts_mixin_does_not_either() -> None:
    db: Any = SQLAlchemy()

    class Versioned:
        version: Mapped[int] = mapped_column(default=7)

    model = type("Event", (Versioned, RefundMixin, db.Model), {})
    with pytest.raises(ConfigError, match="refund_model redefines version,"):
        FlaskAntom(db=db, refund_model=model)


def test_columns_of_the_hosts_base_stand_back() -> None:
    class Base(DeclarativeBase):
        created_at: Mapped[str] = mapped_column(default="never")
        version: Mapped[str] = mapped_column(default="none")
        tenant: Mapped[str] = mapped_column(default="all")

    antom = FlaskAntom(db=SQLAlchemy(model_class=Base))
    columns = table_of(antom, "payment").c
    assert isinstance(columns.version.type, sa.Integer)
    assert isinstance(columns.created_at.type, sa.DateTime)
    assert isinstance(columns.tenant.type, sa.String)


def test_a_class_without_a_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="payment_model has no table: it needs your"):
        FlaskAntom(db=SQLAlchemy(), payment_model=PaymentMixin)
