"""The model classes of the four tables: the host's own, or made for the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError
from .models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin


@dataclass(frozen=True, slots=True)
class Models:
    """The model classes of the four tables."""

    payment: type[PaymentMixin]
    refund: type[RefundMixin]
    notification: type[NotificationMixin]
    event: type[EventMixin]


def make_models(db: Any, given: dict[str, type[Any] | None]) -> Models:
    """Return the host's classes, and make the missing ones on ``db.Model``.

    :raises ConfigError: if a class is missing and ``db`` has no ``Model``, as with
        Flask-SQLAlchemy-Lite, or if a class has the wrong base.
    """
    mixins: dict[str, type[Any]] = {
        "payment": PaymentMixin,
        "refund": RefundMixin,
        "notification": NotificationMixin,
        "event": EventMixin,
    }
    classes: dict[str, Any] = {}
    for name, mixin in mixins.items():
        model: Any = given[name]
        if model is None:
            model = _make_model(db, name, mixin)
        if not isinstance(model, type) or not issubclass(model, mixin):
            raise ConfigError(f"{name}_model must be a subclass of {mixin.__name__}.")
        classes[name] = model
    return Models(**classes)


def _make_model(db: Any, name: str, mixin: type[Any]) -> type[Any]:
    base = getattr(db, "Model", None)
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
