"""The model classes of the four tables: the host's own, or made for the host."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getattr_static
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import MappedColumn

from ..errors import ConfigError
from .columns import OURS, Amount, Utc
from .dialects import add_options
from .models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin

ModelT = TypeVar("ModelT")

#: The texts of MariaDB and MySQL. The collation of the database may take ``A-1`` and
#: ``a-1`` for one, and its character set may refuse most characters.
_COLLATION = "utf8mb4_bin"

#: The columns of a host's values, which it may define again: with a foreign key, say.
_HOSTS = {"order_reference", "buyer_reference"}


class Models(NamedTuple):
    """The model classes of the four tables."""

    payment: type[PaymentMixin]
    refund: type[RefundMixin]
    notification: type[NotificationMixin]
    event: type[EventMixin]


def take_or_make(
    db: object, name: str, mixin: type[Any], given: type[ModelT] | None
) -> type[ModelT]:
    """Return the host's class for a table, or else one that is made on ``db.Model``.

    :param name: of the table, as in ``payment_model``.
    :raises ConfigError: if there is no class and ``db`` has no ``Model``, as with
        Flask-SQLAlchemy-Lite, if it has the wrong base, or if it redefines a column
        or a property of the mixin.
    """
    if given is None:
        return cast(type[ModelT], _make_model(db, name, mixin))
    model: Any = given
    if not isinstance(model, type) or not issubclass(model, mixin):
        raise ConfigError(f"{name}_model must be a subclass of {mixin.__name__}.")
    if not hasattr(model, "__table__"):
        raise ConfigError(
            f"{name}_model has no table: it needs your declarative base besides"
            f" {mixin.__name__}."
        )
    _refuse_redefined(name, model, mixin)
    return model


def _refuse_redefined(name: str, model: type[Any], mixin: type[Any]) -> None:
    """Raise an error if the host's class redefines what we decide by."""
    columns = model.__mapper__.columns
    for member_name, member in vars(mixin).items():
        if member_name in _HOSTS:
            continue
        if isinstance(member, MappedColumn):
            is_ours = OURS in columns[member_name].info
        elif isinstance(member, property | Amount | Utc):
            is_ours = getattr_static(model, member_name) is member
        else:
            continue
        if not is_ours:
            raise ConfigError(
                f"{name}_model redefines {member_name}, which Flask-Antom decides by."
                " Rename the column or the property."
            )


def complete(models: Models) -> None:
    """Add what goes over several columns or tables, unless it is there.

    It is not in the mixins: a host's ``__table_args__`` would replace it, and a foreign
    key by name would miss a table with another name or schema.

    :raises ConfigError: if the tables cannot refer to each other.
    """
    tables: list[sa.Table] = [
        model.__table__  # type: ignore[misc]
        for model in (models.payment, models.refund, models.event, models.notification)
    ]
    _refuse_apart(tables)
    for table in tables:
        collate(table)
    payment, refund, event, _ = tables
    for table, column, other in (
        (refund, "payment_ref", payment),
        (event, "payment_ref", payment),
        (event, "refund_ref", refund),
    ):
        if not _has(table, sa.ForeignKeyConstraint, column):
            sa.ForeignKeyConstraint([column], [other.c.id], table=table)
    # MariaDB wants an index for each foreign key and does not drop it before the table.
    # These constraints are such indexes, and leave only with their tables.
    for table, *columns in (
        (refund, "payment_ref", "key"),
        (event, "payment_ref", "name", "about"),
        (event, "refund_ref", "name"),
    ):
        if not _has(table, sa.UniqueConstraint, *columns):
            sa.UniqueConstraint(*(table.c[column] for column in columns))
    if not _has(payment, sa.Index, "status"):
        few = {"where": sa.text("status = 'review'")}  # all that is looked for
        add_options(sa.Index(None, payment.c.status), postgresql=few, sqlite=few)
    if not _has(payment, sa.Index, "buyer_reference"):
        few = {"where": sa.text("buyer_reference IS NOT NULL")}
        index = sa.Index(None, payment.c.buyer_reference)
        add_options(index, postgresql=few, sqlite=few)


def collate(table: Any) -> None:
    """Let MariaDB and MySQL compare and keep the table's texts as they are."""
    collation = {"collate": _COLLATION}
    add_options(table, mysql=collation, mariadb=collation)


def _has(table: sa.Table, kind: type[Any], *columns: str) -> bool:
    """Whether the table has a constraint or an index over just these columns."""
    items: tuple[Any, ...] = (*table.constraints, *table.indexes)
    return any(
        isinstance(item, kind) and item.columns.keys() == [*columns] for item in items
    )


def _refuse_apart(tables: Iterable[sa.Table]) -> None:
    """Raise an error if the tables are not in one database."""
    if len({id(table.metadata) for table in tables}) > 1:
        names = ", ".join(table.fullname for table in tables)
        raise ConfigError(
            f"The tables {names} are in different metadata. They need one database:"
            " pass all four models, on one base and with one bind key."
        )


def _make_model(db: object, name: str, mixin: type[Any]) -> type[Any]:
    base: Any = getattr(db, "Model", None)
    if base is None:
        raise ConfigError(
            f"db has no Model to put a table on; pass {name}_model=, a subclass of"
            f" {mixin.__name__} and your declarative base."
        )
    names = {(table.name, table.schema) for table in base.metadata.tables.values()}
    if (mixin.__tablename__, base.metadata.schema) in names:
        raise ConfigError(
            f"The table {mixin.__tablename__} exists already: make one FlaskAntom for"
            f" each db, or pass {name}_model=."
        )
    model: type[Any] = type(f"Antom{name.capitalize()}", (mixin, base), {})
    return model
