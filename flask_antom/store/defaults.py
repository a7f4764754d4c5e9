"""Python-side defaults, for statements to which SQLAlchemy does not apply them."""

from __future__ import annotations

from typing import Any


class Defaults:
    """The Python-side defaults of a table, those of the host's columns included."""

    def __init__(self, table: Any) -> None:
        self._inserted = [(c.name, c.default) for c in table.columns if c.default]
        self._updated = [(c.name, c.onupdate) for c in table.columns if c.onupdate]

    @property
    def are_plain(self) -> bool:
        """Whether all of them are values, or functions without an argument.

        SQLAlchemy wraps such a function. Others want the statement's other values.
        """
        every = (*self._inserted, *self._updated)
        return all(
            one.is_scalar or (one.is_callable and hasattr(one.arg, "__wrapped__"))
            for _, one in every
        )

    def inserted(self) -> dict[str, Any]:
        """Return the values that a new row gets."""
        return {name: _value(default) for name, default in self._inserted}

    def updated(self) -> dict[str, Any]:
        """Return the values that a changed row gets."""
        return {name: _value(onupdate) for name, onupdate in self._updated}


def _value(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg
