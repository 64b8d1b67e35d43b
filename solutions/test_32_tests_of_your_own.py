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

    # hint: On an engine, a session returns its connection at the commit. This one was given one.
    # hint: Who has taken the connection from the pool?
    # wrong: (0, 0, 0) -- it has taken nothing from the pool, so it has nothing to return
    # wrong: (1, 0, 0) -- close() ends what the session has begun: the connection was there before
    # why: A session never closes a connection that it was given. Whoever has opened the connection
    # why: can look at the rows when the session is done, and decide what becomes of them.
    assert (after_commit, after_close, pool.checkedout()) == (1, 1, 0)


def test_what_a_connection_alone_can_undo(engine: Engine, observer: Connection) -> None:
    with engine.connect() as connection:
        register(Session(connection), "barbara")
        connection.rollback()

    # hint: Had anybody begun a transaction when the session came to the connection?
    # hint: Who begins a transaction also ends it.
    # wrong: [] -- the rollback found nothing to undo: the session had committed its transaction
    # why: Where the session finds no transaction, it begins one as ever, and its commit is final.
    # why: So the test has to be first: connection.begin(), and only then the session.
    assert names(observer)[3:] == ["barbara"]


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

    # hint: This time the transaction was begun by somebody else. Whose is it to commit?
    # hint: The modes' names tell. Which of them gives the session full power over it?
    # wrong: MODES -- then no test could be undone: a session has to respect what it has joined
    # wrong: ["conditional_savepoint", "control_fully"] -- by default, commit() only flushes here
    # wrong: [] -- there is one for those who want to hand over a transaction that is begun
    # why: In all other modes commit() flushes and expires as ever, but the transaction goes on,
    # why: and the rollback of its owner undoes it all.
    assert [mode for mode in MODES if is_final(mode)] == ["control_fully"]


def test_what_a_rollback_reaches(engine: Engine) -> None:
    """The test has prepared a row, and the application rolls back. Which modes spare the row?"""

    def spares_the_test(mode: JoinTransactionMode) -> bool:
        with engine.connect() as connection:
            connection.begin()
            connection.execute(insert(User).values(name="barbara"))
            with Session(connection, join_transaction_mode=mode) as session:
                register(session, "ada")
            return "barbara" in names(connection)

    # hint: There is an ada already, so the application rolls back. Barbara was there before that.
    # hint: To undo a part of a transaction, something has to mark where the part begins.
    # wrong: ["conditional_savepoint", "create_savepoint"] -- the default finds no savepoint to join
    # wrong: MODES -- in most of them a rollback is the real one, of the whole transaction
    # wrong: [] -- there is one mode that sets a savepoint before all that the session does
    # why: Without a savepoint there is nothing to go back to but the beginning of the transaction,
    # why: and with it goes what the test has prepared. The default is rollback_only, unless the
    # why: connection is in a savepoint already.
    assert [mode for mode in MODES if spares_the_test(mode)] == ["create_savepoint"]


def test_what_such_a_commit_sends(engine: Engine, statements: list[str]) -> None:
    with engine.connect() as connection:
        connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            register(session, "barbara")
        connection.rollback()

    # hint: statements has no BEGIN, COMMIT or ROLLBACK, but whatever belongs to a savepoint.
    # hint: The session believes that it has a transaction of its own. What stands for its ends?
    # wrong: ["INSERT"] -- that is what the other modes send
    # wrong: ["SAVEPOINT", "INSERT"] -- then the savepoint would stay open after the commit
    # why: Each of its transactions is a savepoint in yours: commit() releases it, rollback() goes
    # why: back to it. On SQLite this takes an engine that sends BEGIN, as in chapter 17.
    assert statements == ["SAVEPOINT", "INSERT", "RELEASE"]


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
    # hint: Three steps: a connection, a transaction begun on it, a session bound to it.
    # hint: The application rolls back too, and that must not end your transaction.
    # hint: What comes after the yield runs when the test is over.
    # wrong: with Session(engine) as session: -- what the application has committed is final
    #            yield session
    #            session.rollback()
    # wrong: with engine.connect() as connection: -- a refused ada rolls back barbara as well
    #            transaction = connection.begin()
    #            with Session(connection) as session:
    #                yield session
    #            transaction.rollback()
    # wrong: with engine.connect() as connection: -- no transaction was begun: the session's is real
    #            with Session(connection, join_transaction_mode="create_savepoint") as session:
    #                yield session
    #            connection.rollback()
    # wrong: with engine.begin() as connection: -- in the end, engine.begin() commits it all
    #            with Session(connection, join_transaction_mode="create_savepoint") as session:
    #                yield session
    # why: The application ends savepoints, and the transaction around them is the test's. This is
    # why: the whole recipe: it needs no second database and no cleaning up, and it is fast.
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


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
        # hint: A sessionmaker can be told later what its sessions are to be made with.
        # hint: It is configure(), and the sessions need what the one of the fixture has.
        # wrong: make_session.configure(bind=connection) -- barbara is undone as ada is refused
        # wrong: make_session.configure(join_transaction_mode="create_savepoint") -- on the engine
        # wrong: connection.begin_nested() -- the application's sessions know of no connection
        # why: All sessions that the application makes are then in the one transaction: each sees
        # why: what was committed before it, and nobody else does.
        make_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        assert [sign_up(name) for name in ("barbara", "ada", "annie")] == [True, False, True]
        assert names(connection)[3:] == ["barbara", "annie"]
        transaction.rollback()

    assert names(observer) == ["ada", "grace", "alan"]
