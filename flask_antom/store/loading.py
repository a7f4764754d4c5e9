"""Makes the host's objects of rows that are read already.

A query of the ORM would go where the host's session reads, which may be a replica that
is behind. It also takes several times as long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.attributes import (
    instance_dict,
    instance_state,
    set_committed_value,
)

from ..opaque import Opaque, conceal


class Loader:
    """Loads objects of a model. No error shows the values, which may hold a session.

    :param model: the host's class, or ours.
    """

    def __init__(self, model: Any) -> None:
        self.table: Any = model.__table__
        self._model = model

    @cached_property
    def _mapper(self) -> Any:
        orm.configure_mappers()
        return sa.inspect(self._model)

    @cached_property
    def _keys(self) -> Sequence[str]:
        """The names of the attributes, in the order of the columns."""
        mapper = self._mapper
        return [mapper.get_property_by_column(column).key for column in self.columns]

    @cached_property
    def columns(self) -> Sequence[Any]:
        """The columns that the model maps."""
        mapped = set(self._mapper.columns)
        return [column for column in self.table.columns if column in mapped]

    @cached_property
    def by_id(self) -> Any:
        """A query for the row with the id ``ref``."""
        is_meant = self.table.c.id == sa.bindparam("ref")
        return sa.select(*self.columns).where(is_meant)

    def knows(self, names: Collection[str]) -> bool:
        """Whether these columns are all that the model maps."""
        return self._names <= set(names)

    @cached_property
    def _names(self) -> set[str]:
        return {column.name for column in self.columns}

    @cached_property
    def _keys_by_name(self) -> dict[str, str]:
        names = (column.name for column in self.columns)
        return dict(zip(names, self._keys, strict=True))

    @conceal
    def load_known(self, session: orm.Session, values: Mapping[str, Any]) -> Any:
        """Return the session's object with these values, by the columns' names."""
        return self._load(
            session, {key: values[name] for name, key in self._keys_by_name.items()}
        )

    @conceal
    def load(self, session: orm.Session, row: Opaque[Any]) -> Any:
        """Return the session's object with these values of :attr:`columns`."""
        return self._load(session, dict(zip(self._keys, row.reveal(), strict=True)))

    def _load(self, session: orm.Session, values: dict[str, Any]) -> Any:
        key = self._mapper.identity_key_from_primary_key((values["id"],))
        found = session.identity_map.get(key)
        if found is not None:
            changed = instance_state(found).committed_state
            for name, value in values.items():
                if name not in changed:  # or the host's change would be lost
                    set_committed_value(found, name, value)
            return found
        made = self._mapper.class_manager.new_instance()
        instance_dict(made).update(values)
        orm.make_transient_to_detached(made)
        session.add(made)
        return made
