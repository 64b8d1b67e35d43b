"""Tests of your own.

An application commits, as it should, and a test wants nothing of that to stay. So the test opens
a connection, begins a transaction on it, and gives the application a session that is bound to
this connection. Its join_transaction_mode says what the commit() and rollback() of such a session
do to the transaction that it finds. In the end the test rolls that transaction back.

https://docs.sqlalchemy.org/en/21/orm/session_transaction.html#session-external-transaction
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, QueuePool, exc, insert, select
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.session import JoinTransactionMode

from katas.models import User

MODES: list[JoinTransactionMode] = [
    "conditional_savepoint",  # the default
    "rollback_only",
    "control_fully",
    "create_savepoint",
]


def register(session: Session, name: str) -> bool:
    """The application under test: whether the name was free. It ends its transaction itself."""
    session.add(User(name=name))
    try:
        session.commit()
    except exc.IntegrityError:
        session.rollback()
        return False
    return True


def names(database: Session | Connection) -> list[str]:
    return list(database.scalars(select(User.name).order_by(User.id)))


def test_who_closes_the_connection(engine: Engine, pool: QueuePool) -> None:
    connection = engine.connect()
    session = Session(connection)
    session.get_one(User, 1)

    session.commit()
    after_commit = pool.checkedout()
    session.close()
    after_close = pool.checkedout()
    connection.close()

    assert (after_commit, after_close, pool.checkedout()) == ___


def test_what_a_connection_alone_can_undo(engine: Engine, observer: Connection) -> None:
    with engine.connect() as connection:
        register(Session(connection), "barbara")
        connection.rollback()

    assert names(observer)[3:] == ___


def test_which_commits_are_final(engine: Engine, observer: Connection) -> None:
    """The application commits, and the test rolls back. Which modes let the commit through?"""

    def is_final(mode: JoinTransactionMode) -> bool:
        with engine.connect() as connection:
            connection.begin()
            with Session(connection, join_transaction_mode=mode) as session:
                session.add(User(name=mode))
                session.commit()
            connection.rollback()
        return mode in names(observer)

    assert [mode for mode in MODES if is_final(mode)] == ___


def test_what_a_rollback_reaches(engine: Engine) -> None:
    """The test has prepared a row, and the application rolls back. Which modes spare the row?"""

    def spares_the_test(mode: JoinTransactionMode) -> bool:
        with engine.connect() as connection:
            connection.begin()
            connection.execute(insert(User).values(name="barbara"))
            with Session(connection, join_transaction_mode=mode) as session:
                register(session, "ada")
            return "barbara" in names(connection)

    assert [mode for mode in MODES if spares_the_test(mode)] == ___


def test_what_such_a_commit_sends(engine: Engine, statements: list[str]) -> None:
    with engine.connect() as connection:
        connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            register(session, "barbara")
        connection.rollback()

    assert statements == ___


@pytest.fixture
def untouched(observer: Connection) -> Iterator[None]:
    """Looks, when a test and its other fixtures are done, if the users are what they were."""
    before = names(observer)
    yield
    assert names(observer) == before


@pytest.fixture
def app_session(engine: Engine, untouched: None) -> Iterator[Session]:
    """Write this fixture: yield a session in which the application may commit and roll back.

    When the test is over, the database has to be as it was.
    """
    ___


def test_an_application_that_commits(app_session: Session, observer: Connection) -> None:
    """Write the fixture `app_session`, above. This test needs it, and so does the next."""
    assert register(app_session, "barbara")

    assert names(app_session) == ["ada", "grace", "alan", "barbara"]
    assert names(observer) == ["ada", "grace", "alan"]


def test_an_application_that_rolls_back(app_session: Session) -> None:
    """The fixture `app_session` again: what was committed outlives a later rollback."""
    assert register(app_session, "barbara")
    assert not register(app_session, "ada")

    assert names(app_session) == ["ada", "grace", "alan", "barbara"]


def test_an_application_that_makes_its_sessions(engine: Engine, observer: Connection) -> None:
    """Reconfigure `make_session`, the application's own, so that all can be rolled back here."""
    make_session = sessionmaker(engine)

    def sign_up(name: str) -> bool:
        with make_session() as session:
            return register(session, name)

    with engine.connect() as connection:
        transaction = connection.begin()
        ___
        assert [sign_up(name) for name in ("barbara", "ada", "annie")] == [True, False, True]
        assert names(connection)[3:] == ["barbara", "annie"]
        transaction.rollback()

    assert names(observer) == ["ada", "grace", "alan"]
