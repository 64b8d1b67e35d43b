"""What goes between engine and database: statements, transactions, and pooled connections."""

import sys
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from dojo.xray.driver import is_about_to_begin, is_in_transaction, why_unsent
from dojo.xray.events import (
    Action,
    Event,
    Failure,
    Returned,
    Statement,
    Taken,
    Transaction,
    Unmatched,
)
from dojo.xray.frames import outward
from dojo.xray.journal import Journal, Listener
from dojo.xray.sql import statement
from dojo.xray.variables import Variables, local

_SESSION = Session.__init__.__code__.co_filename


class Traffic:
    """Writes into a journal what is sent on which connection, and for which session."""

    def __init__(self, journal: Journal, variables: Variables) -> None:
        self._journal = journal
        self._variables = variables
        self._numbers: dict[int, int] = {}
        """Of database connections, by the `id` of the driver's object, and of the pool's entry."""
        self._sessions: dict[int, int] = {}
        """The session that a connection works for."""
        self._transactions: set[int] = set()
        """The connections that SQLAlchemy has a transaction on."""
        self._begun: dict[int, Event] = {}
        """Those where nothing was sent since, with the event of their BEGIN."""

    @property
    def listeners(self) -> dict[str, Listener]:
        """By the name of the event."""
        return {
            "connect": self._opened,
            "checkout": self._taken,
            "reset": self._reset,
            "checkin": self._returned,
            "begin": self._began,
            "commit": partial(self._ended, "COMMIT"),
            "rollback": partial(self._ended, "ROLLBACK"),
            "before_cursor_execute": self._sent,
            "after_cursor_execute": self._done,
            "handle_error": self._failed,
            "after_begin": self._joined,
            "after_transaction_end": self._left,
        }

    def _opened(self, driver: object, entry: ConnectionPoolEntry) -> None:
        self._numbers[id(driver)] = self._variables.new_number()

    def _taken(self, driver: object, entry: ConnectionPoolEntry, proxy: object) -> None:
        self._numbers[id(entry)] = number = self._number_of_driver(driver)
        if session := self._connecting():
            self._sessions[number] = session
        self._write(Taken(), number)

    def _returned(self, driver: object, entry: ConnectionPoolEntry) -> None:
        if number := self._numbers.get(id(entry)):
            self._write(Returned(), number)
            self._sessions.pop(number, None)

    def _reset(self, driver: object, entry: ConnectionPoolEntry, state: PoolResetState) -> None:
        """A pool rolls back what its user left open, and says so in no other event."""
        number = self._numbers.get(id(entry))
        if number in self._transactions and not state.transaction_was_reset:
            self._transactions.discard(number)
            self._write(Transaction("ROLLBACK"), number)

    def _began(self, connection: Connection) -> None:
        if number := self._number(connection):
            self._transactions.add(number)
            if not connection._is_autocommit_isolation():
                self._begun[number] = self._write(Transaction("BEGIN"), number)

    def _ended(self, verb: str, connection: Connection) -> None:
        if number := self._number(connection):
            self._transactions.discard(number)
            self._begun.pop(number, None)
            self._write(Transaction(verb, why_unsent(connection)), number)

    def _joined(self, session: Session, transaction: object, connection: Connection) -> None:
        if number := self._number(connection):
            self._sessions[number] = self._variables.number(session)

    def _left(self, session: Session, transaction: SessionTransaction) -> None:
        """Let go of a connection that the session was given, and does not give back itself."""
        if transaction.parent is None:
            left = self._variables.number(session)
            self._sessions = {c: s for c, s in self._sessions.items() if s != left}

    def _sent(
        self, connection: Connection, cursor: object, sql: str, parameters: Any, *_: object
    ) -> None:
        number = self._number(connection)
        if number is None or not self._is_begin(number, connection, sql):
            self._write(statement(sql, parameters), number)

    def _is_begin(self, number: int, connection: Connection, sql: str) -> bool:
        """See what became of BEGIN, which SQLAlchemy leaves to a listener or to the driver."""
        begun = self._begun.pop(number, None)
        if begun and sql.startswith("BEGIN"):
            self._journal.amend(begun, Transaction(sql))
            return True
        if is_about_to_begin(connection, sql):
            if not begun:
                self._write(Transaction("BEGIN"), number)
        elif begun and not is_in_transaction(connection):
            self._journal.amend(begun, Transaction("BEGIN", "the driver waits"))
        return False

    def _done(self, connection: Connection, cursor: DBAPICursor, sql: str, *_: object) -> None:
        verb = sql.lstrip()[:6].upper()
        if verb in ("UPDATE", "DELETE") and cursor.rowcount == 0 and "RETURNING" not in sql:
            self._write(Unmatched(), self._number(connection))

    def _failed(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception or context.original_exception
        message = str(context.original_exception).strip().partition("\n")[0]
        number = self._number(context.connection) if context.connection else None
        self._write(Failure(type(error).__name__, message), number)

    def _number(self, connection: Connection) -> int | None:
        if connection.closed or connection.invalidated:
            return None
        number = self._number_of_driver(connection.connection.dbapi_connection)
        return self._variables.number(connection, number)

    def _number_of_driver(self, driver: object) -> int:
        if id(driver) not in self._numbers:
            self._numbers[id(driver)] = self._variables.new_number()
        return self._numbers[id(driver)]

    def _write(self, action: Action, number: int | None) -> Event:
        session = self._sessions.get(number or 0)
        if session is None and isinstance(action, Statement):
            session = self._connecting()
        return self._journal.write(action, session, number)

    def _connecting(self) -> int | None:
        """The session that is about to use a connection, which it will say only later."""
        for frame in outward(sys._getframe(1)):
            code = frame.f_code
            if code.co_name == "_connection_for_bind" and code.co_filename == _SESSION:
                (session,) = local(frame, "self")
                return self._variables.number(getattr(session, "session", session))
        return None
