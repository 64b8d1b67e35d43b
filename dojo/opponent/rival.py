"""Somebody else at the same database, who acts between the statements of the code under test."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.orm import Session

from dojo.opponent.story import Story

WAITS = "the other one waits"
ACTS = "the other one acts"

_BEGINNING = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM|ROLLBACK TO) \w+|\w+")
_SELECT_FROM = re.compile(r"SELECT\b.*?\bFROM (\w+)", re.DOTALL)


class Rival:
    """Acts just before a statement where the story says so, in a transaction of its own.

    Not while the code under test holds locks: then it would have to wait for the end of that. Both
    see what is committed when a statement begins, on all databases.
    """

    def __init__(self, story: Story, engine: Engine, act: Callable[[Session], None]) -> None:
        self._story = story
        self._schedule = iter(story.lines)
        self._act = act
        self.engine = _read_committed(engine)
        self._busy = self._locks = False
        self.times = 0
        """How often it has acted."""

    @contextmanager
    def at_work(self, autoflush: bool = True) -> Iterator[Session]:
        """A session for the code under test. Its errors become an AssertionError with the story."""
        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._before,
            "commit": lambda connection: self._ended("COMMIT"),
            "rollback": lambda connection: self._ended("ROLLBACK"),
        }
        for name, listener in listeners.items():
            event.listen(self.engine, name, listener)
        try:
            with Session(self.engine, autoflush=autoflush) as session:
                yield session
        except exc.SQLAlchemyError as error:
            reason = str(error).partition("\n")[0]
            raise AssertionError(self._story.told(f"{type(error).__name__}: {reason}")) from None
        finally:
            for name, listener in listeners.items():
                event.remove(self.engine, name, listener)
            if self.engine.dialect.name == "sqlite":
                self.engine.dispose()

    def compare(self, what: str, said: object, seen: object) -> None:
        """Raise AssertionError, with the story, if the two differ."""
        if said != seen:
            raise AssertionError(self._story.told(f"{what} is {seen}, and not {said}"))

    def _before(self, connection: object, cursor: object, statement: str, *_: object) -> None:
        if self._busy:
            return
        if not self._locks and next(self._schedule, WAITS) == ACTS:
            self._busy = True
            with Session(self.engine) as session, session.begin():
                self._act(session)
            self._busy = False
            self.times += 1
            self._story.note(ACTS)
        self._story.note(_shortened(statement))
        if not statement.startswith("SELECT") or "FOR UPDATE" in statement:
            self._locks = True

    def _ended(self, verb: str) -> None:
        if not self._busy:
            self._locks = False
            self._story.note(verb)


def _read_committed(engine: Engine) -> Engine:
    """An engine whose transactions are READ COMMITTED."""
    if engine.dialect.name != "sqlite":
        return engine.execution_options(isolation_level="READ COMMITTED")
    # Without the BEGIN that the katas' engines send, no SELECT begins a transaction.
    return create_engine(engine.url, execution_options=engine.get_execution_options())


def _shortened(statement: str) -> str:
    """What a statement does to which table."""
    if select := _SELECT_FROM.match(statement):
        return f"SELECT … FROM {select[1]}"
    beginning = _BEGINNING.match(statement)
    return beginning[0] if beginning else statement
