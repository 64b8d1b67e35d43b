"""The fixtures: what a kata's arguments are.

Every test has a fresh database of its own, with the rows that katas/models.py lists.
Nothing that one test does reaches another.
"""

import dojo.requirements  # noqa: F401  (first, to say what is too old or missing)

# isort: split
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, QueuePool, event, insert
from sqlalchemy.orm import Session, close_all_sessions

from dojo import database
from dojo.servers.server import Server
from katas.models import ROWS, Base

pytest_plugins = ["dojo.plugin", "dojo.servers.plugin", "pytester"]

Connect = Callable[[], Engine]

_numbers = count(1)


@pytest.fixture
def engine(connect: Connect) -> Iterator[Engine]:
    """The fresh database's engine, with a connection pool."""
    engine = connect()
    yield engine
    close_all_sessions()
    engine.dispose()


@pytest.fixture
def pool(engine: Engine) -> QueuePool:
    """The pool of `engine`, which counts the connections that it has handed out."""
    assert isinstance(engine.pool, QueuePool)
    return engine.pool


@pytest.fixture
def session(engine: Engine) -> Session:
    """The session under test, with SQLAlchemy's defaults."""
    return Session(engine)


@pytest.fixture
def other_session(engine: Engine) -> Session:
    """A second session on the same database: somebody else at work."""
    return Session(engine)


@pytest.fixture
def observer(connect: Connect) -> Iterator[Connection]:
    """A connection from outside: it sees what is committed, and only that.

    It has an engine of its own, and each of its statements is a transaction of its own.
    """
    engine = connect().execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    """What has been sent to `engine` so far, a word each: `["INSERT", "SELECT"]`."""
    verbs: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        verbs.append(statement.split(maxsplit=1)[0].upper())

    return verbs


@pytest.fixture
def connect(server: Server | None, request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes engines on the fresh database, each with a pool of its own."""
    if server:
        with server.fresh(Base.metadata, populate):
            yield server.connect
    else:
        yield partial(database.connect, request.getfixturevalue("database_path"))


@pytest.fixture
def database_path(template: Path) -> Iterator[Path]:
    """A fresh SQLite database, whatever the run is for."""
    path = database.copy_template(template, template.with_name(f"{next(_numbers)}.db"))
    yield path
    database.remove(path)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """The SQLite database that each test gets a copy of."""
    with database.folder() as folder:
        yield database.make_template(folder / "template.db", populate)


def populate(connection: Connection) -> None:
    Base.metadata.create_all(connection)
    for model, rows in ROWS.items():
        connection.execute(insert(model), rows)
