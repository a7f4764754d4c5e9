"""The host's session: which database it writes to, and what it has not committed."""

from __future__ import annotations

import re
from typing import Any, Protocol

import sqlalchemy as sa
from flask import g
from sqlalchemy import event, orm
from sqlalchemy.exc import DBAPIError

from ..errors import NotPossible
from ..opaque import Opaque
from .database_errors import is_conflict
from .host_models import Models
from .loading import Loader
from .models import PaymentMixin

#: A session, or Flask-SQLAlchemy's proxy for one.
AnySession = orm.Session | orm.scoped_session[Any]

#: In ``session.info``: the classes to which the transaction has written.
_WROTE = "flask_antom_wrote"

#: In ``session.info``: whether the part of the transaction that ends was a flush.
_KNOWN = "flask_antom_known"

#: Texts of SQL that write or lock, such as ``SELECT ... FOR UPDATE``.
_WRITES = re.compile(
    r"^\s*(REPLACE|CALL|COPY|CREATE|ALTER|DROP|TRUNCATE)\b"
    r"|\b(INSERT|UPDATE|DELETE|MERGE)\b",
    re.IGNORECASE,
)

#: How many times a row is read again that others are writing.
_READS = 8

#: In ``session.info``: whether the transaction has locked rows.
_LOCKED = "flask_antom_locked"


class HasSession(Protocol):
    """The object of Flask-SQLAlchemy or Flask-SQLAlchemy-Lite."""

    @property
    def session(self) -> AnySession:
        """The session of the current app context."""
        ...


class HostSession:
    """The host's ``db.session`` of the current app context."""

    def __init__(self, db: HasSession, models: Models) -> None:
        self._db = db
        self.models: Models = models
        self.payment_model: type[PaymentMixin] = models.payment
        self._models = (
            models.payment,
            models.refund,
            models.notification,
            models.event,
        )
        self._loaders = {model: Loader(model) for model in self._models[:2]}
        self._mapper: Any = sa.inspect(models.payment)
        self._write = sa.update(models.payment)
        _watch_writes()

    @property
    def current(self) -> orm.Session:
        """The session itself, not a proxy for it."""
        session = self._db.session
        return session() if isinstance(session, orm.scoped_session) else session

    def bind(self, session: orm.Session) -> sa.Engine | sa.Connection:
        """Return the engine or the connection that writes our tables.

        A session that routes reads to a replica is asked for the one that writes.
        """
        return session.get_bind(self._mapper, clause=self._write)

    def is_untouched(self) -> bool:
        """Whether nobody has used the session of this app context, nor its ``g``."""
        session = self.current
        is_used = session.in_transaction() or session.new or session.identity_map
        return not is_used and not any(True for _ in g)

    @property
    def translates_schemas(self) -> bool:
        """Whether statements of the session go to another schema than they name."""
        options = getattr(self.current, "execution_options", None)
        return isinstance(options, dict) and "schema_translate_map" in options

    def writer(self) -> sa.Connection:
        """Return the connection that writes our tables, in the host's transaction."""
        return self.current.connection(
            bind_arguments={"mapper": self._mapper, "clause": self._write}
        )

    def uncommitted(self) -> str:
        """Return which writes or locks are not committed; empty if there are none.

        Statements on a connection, not on the session, are not seen.
        """
        session = self.current
        return _unflushed(session) or self.held()

    def held(self) -> str:
        """Return what the database holds for the transaction; empty if nothing."""
        session = self.current
        if session.in_transaction() and session.info.get(_LOCKED):
            return "locked rows"
        return "flushed writes" if _flushed(session) else ""

    def has_flushed(self, session: orm.Session) -> bool:
        """Whether the transaction has sent writes to the database."""
        return bool(_flushed(session))

    def has_locked(self, session: orm.Session) -> bool:
        """Whether our next write would wait for this session, and so for ever.

        It has written to our tables, or to SQLite, which has one lock for all.
        """
        flushed = _flushed(session)
        if flushed and self.bind(session).dialect.name == "sqlite":
            return True
        return any(issubclass(written, self._models) for written in flushed)

    def id_of(self, row: Any) -> int:
        """Return the id of a host's payment, without a query if it is expired.

        :raises NotPossible: if it is no payment.
        """
        if not isinstance(row, self.payment_model):
            raise NotPossible(
                f"The payment must be a row of antom.Payment, not {type(row).__name__}."
            )
        identity = sa.inspect(row).identity
        ref: int = row.id if identity is None else identity[0]
        return ref

    def load(self, model: Any, ref: int) -> Any:
        """Return the host's object of a row that was just written.

        In a transaction that the host began before, the row may be out of sight.
        """
        session, loader = self.current, self._loaders[model]
        row = Opaque(self._read(session, loader, ref))
        if row.reveal() is None:
            with orm.Session(self.bind(session)) as other:
                row = Opaque(other.execute(loader.by_id, {"ref": ref}).one())
        return loader.load(session, row)

    def _read(self, session: orm.Session, loader: Loader, ref: int) -> Any:
        """Return a row, if it is in sight.

        A serializable read conflicts with somebody who writes the row just now, such as
        a second click. Then it is read again, in a new transaction.
        """
        for _ in range(_READS):
            try:
                return self.writer().execute(loader.by_id, {"ref": ref}).first()
            except DBAPIError as error:
                if not is_conflict(error):
                    raise
            self.end_reads(session)
        return self.writer().execute(loader.by_id, {"ref": ref}).first()

    def execute(self, statement: Any, **values: Any) -> Any:
        """Execute a query in the host's transaction, where our tables are written."""
        session, place = self.current, {"mapper": self._mapper, "clause": self._write}
        with session.no_autoflush:
            return session.execute(statement, values, bind_arguments=place)

    def payment_loader(self) -> Loader:
        """Return what makes the host's objects of payments."""
        return self._loaders[self.payment_model]

    def end_reads(self, session: orm.Session) -> None:
        """End a transaction that has only read, so that its connection is free.

        One that the host began itself, as by ``with session.begin()``, goes on.
        """
        transaction = session.get_transaction()
        if transaction is None or session.in_nested_transaction():
            return
        is_automatic = transaction.origin is orm.SessionTransactionOrigin.AUTOBEGIN
        has_only_read = not _unflushed(session) and not _flushed(session)
        if is_automatic and session.is_active and has_only_read:
            session.commit()

    def forget(self) -> None:
        """Expire our rows, so that the session reads them again at their next use."""
        session = self.current
        for row in list(session.identity_map.values()):
            if isinstance(row, self._models) and not session.is_modified(row):
                session.expire(row)


def _flushed(session: orm.Session) -> set[type]:
    flushed: set[type] = session.info.get(_WROTE, set())
    return flushed if session.in_transaction() else set()


def _unflushed(session: orm.Session) -> str:
    """Return what a flush would write; empty if it is nothing."""
    if session.new:
        return "new objects"
    if session.deleted:
        return "deleted objects"
    return "changed objects" if _modified(session) else ""


def _modified(session: orm.Session) -> list[object]:
    """Return the objects that are changed, not those whose values are the same."""
    return [row for row in session.dirty if session.is_modified(row)]


def _watch_writes() -> None:
    """Watch all sessions of this process; a test may replace the host's."""
    if not event.contains(orm.Session, "after_flush", _note_flush):
        event.listen(orm.Session, "after_flush", _note_flush)
        event.listen(orm.Session, "do_orm_execute", _note_statement)
        event.listen(orm.Session, "after_transaction_end", _note_end)


def _note_flush(session: orm.Session, context: object) -> None:
    """Note what was flushed; the session still shows it."""
    session.info[_KNOWN] = True
    written = [*session.new, *session.deleted, *_modified(session)]
    if written:
        session.info.setdefault(_WROTE, set()).update(map(type, written))


def _note_statement(state: orm.ORMExecuteState) -> None:
    if getattr(state.statement, "_for_update_arg", None) is not None:
        state.session.info[_LOCKED] = True
    text = state.statement.text if isinstance(state.statement, sa.TextClause) else ""
    if _WRITES.search(text):
        state.session.info.setdefault(_WROTE, set()).add(object)
    if state.is_insert or state.is_update or state.is_delete:
        mapper = state.bind_mapper
        written = object if mapper is None else mapper.class_
        state.session.info.setdefault(_WROTE, set()).add(written)


def _note_end(session: orm.Session, transaction: orm.SessionTransaction) -> None:
    """Note the end, and a part that was no flush, such as ``bulk_save_objects``."""
    if transaction.origin is orm.SessionTransactionOrigin.SUBTRANSACTION:
        if not session.info.pop(_KNOWN, False):
            session.info.setdefault(_WROTE, set()).add(object)
    elif transaction.parent is None:
        session.info.pop(_WROTE, None)
        session.info.pop(_LOCKED, None)
