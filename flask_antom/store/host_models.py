"""The model classes of the four tables: the host's own, or made for the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import ConfigError
from .models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin

ModelT = TypeVar("ModelT")


@dataclass(frozen=True, slots=True)
class Models:
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
        Flask-SQLAlchemy-Lite, if it has the wrong base, or if it redefines a
        property of the mixin.
    """
    model: Any = _make_model(db, name, mixin) if given is None else given
    if not isinstance(model, type) or not issubclass(model, mixin):
        raise ConfigError(f"{name}_model must be a subclass of {mixin.__name__}.")
    _refuse_redefined(name, model, mixin)
    return model


def _refuse_redefined(name: str, model: type[Any], mixin: type[Any]) -> None:
    """Raise an error if the host's class redefines a property that we decide by."""
    for property_name, member in vars(mixin).items():
        is_ours = isinstance(member, property)
        if is_ours and getattr(model, property_name) is not member:
            raise ConfigError(
                f"{name}_model redefines {property_name}, which Flask-Antom decides by."
                " Rename the column or the property."
            )


def _make_model(db: object, name: str, mixin: type[Any]) -> type[Any]:
    base: Any = getattr(db, "Model", None)
    if base is None:
        raise ConfigError(
            f"db has no Model to put a table on; pass {name}_model=, a subclass of"
            f" {mixin.__name__} and your declarative base."
        )
    if mixin.__tablename__ in base.metadata.tables:
        raise ConfigError(
            f"The table {mixin.__tablename__} exists already: make one FlaskAntom for"
            f" each db, or pass {name}_model=."
        )
    model: type[Any] = type(f"Antom{name.capitalize()}", (mixin, base), {})
    return model
