"""Somebody else at the same database, who acts between the statements of the code under test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.orm import Session

from dojo.opponent.story import Story

WAITS = "the other one waits"
ACTS = "the other one acts"


class Rival:
    """Acts just before a statement where the story says so, in a transaction of its own.

    Not while the code under test holds locks: then it would have to wait for the end of that.
    """

    def __init__(self, story: Story, engine: Engine, act: Callable[[Session], None]) -> None:
        self._story = story
        self._schedule = iter(story.lines)
        self._act = act
        # As it is made here, SQLite locks nothing for a SELECT, as servers do in READ COMMITTED.
        sqlite = engine.dialect.name == "sqlite"
        options = engine.get_execution_options()
        self.engine = create_engine(engine.url, execution_options=options) if sqlite else engine
        self._busy = self._locks = False
        self.times = 0
        """How often it has acted."""

    @contextmanager
    def at_work(self) -> Iterator[Session]:
        """A session for the code under test. Its errors become an AssertionError with the story."""
        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._before,
            "commit": lambda connection: self._ended("COMMIT"),
            "rollback": lambda connection: self._ended("ROLLBACK"),
        }
        for name, listener in listeners.items():
            event.listen(self.engine, name, listener)
        try:
            with Session(self.engine) as session:
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
        self._story.note(statement.partition(" ")[0])
        self._locks = not statement.startswith("SELECT") or "FOR UPDATE" in statement

    def _ended(self, verb: str) -> None:
        if not self._busy:
            self._locks = False
            self._story.note(verb)
