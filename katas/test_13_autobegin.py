"""Autobegin.

A session begins its transaction by itself, as soon as there is something to keep track of: SQL
that is sent, reading included, but also add() or a changed attribute. It ends with commit(),
rollback() or close(), and the next use begins another. Whoever wants to see where a transaction
begins and ends calls begin(), which is a context manager, before the session has begun one.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#session-autobegin
"""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, QueuePool, exc, select, text
from sqlalchemy.orm import Session, SessionTransactionOrigin

from katas.models import User


def test_what_begins_a_transaction(engine: Engine) -> None:
    def begins(use: Callable[[Session], object]) -> bool:
        with Session(engine) as session:
            use(session)
            return session.in_transaction()

    uses: dict[str, Callable[[Session], object]] = {
        "new": lambda session: session.new,
        "add": lambda session: session.add(User(name="barbara")),
        "get": lambda session: session.get(User, 1),
        "flush": lambda session: session.flush(),
        "rollback": lambda session: session.rollback(),
    }

    assert {name for name, use in uses.items() if begins(use)} == ___


def test_what_a_changed_attribute_begins(session: Session, pool: QueuePool) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    assert (session.in_transaction(), pool.checkedout()) == (False, 0)

    ada.fullname = "Countess of Lovelace"

    assert (session.in_transaction(), pool.checkedout()) == ___


def test_beginning_after_a_look(session: Session, pool: QueuePool, observer: Connection) -> None:
    """begin() is refused: "A transaction is already begun on this Session". Make room for it."""
    taken = session.scalars(select(User.name)).all()
    assert pool.checkedout() == 1

    ___

    assert pool.checkedout() == 0
    assert "barbara" not in taken
    with session.begin():
        session.add(User(name="barbara"))
    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names == ["ada", "grace", "alan", "barbara"]


@pytest.mark.only_on("postgresql")
def test_what_the_server_sees_of_a_session(session: Session, observer: Connection) -> None:
    """A server tells of each connection: it is "active", "idle", or "idle in transaction"."""
    process = session.scalar(text("SELECT pg_backend_pid()"))
    find_state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")

    def look(use: Callable[[], object]) -> str:
        use()
        return str(observer.scalar(find_state, {"pid": process}))

    states = {
        "get": look(lambda: session.get_one(User, 1)),
        "commit": look(lambda: session.commit()),
        "add": look(lambda: session.add(User(name="barbara"))),
        "flush": look(lambda: session.flush()),
    }

    idle_in_transaction = ___
    assert {use for use, state in states.items() if "transaction" in state} == idle_in_transaction


def test_who_began_the_transaction(session: Session) -> None:
    with session.begin() as transaction:
        session.add(User(name="barbara"))
    session.add(User(name="annie"))

    another = session.get_transaction()
    assert transaction.origin is SessionTransactionOrigin.BEGIN
    assert another is not None
    assert another.origin is SessionTransactionOrigin.___


def test_refusing_a_late_read(engine: Engine, statements: list[str]) -> None:
    """Reading the name after the block begins a transaction that nobody sees. Have it refused."""
    session = Session(engine, ___)
    with session.begin():
        ada = session.get_one(User, 1)

    with pytest.raises(exc.InvalidRequestError):
        assert ada.name == "ada"
    assert statements == ["SELECT"]


def test_committing_inside_the_block(session: Session, observer: Connection) -> None:
    """Fails: "Can't operate on closed transaction inside context manager". What is saved?"""

    def register_two() -> None:
        with session.begin():
            session.add(User(name="barbara"))
            session.commit()
            session.add(User(name="annie"))

    with pytest.raises(exc.InvalidRequestError):
        register_two()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_saving_in_batches(session: Session, observer: Connection) -> None:
    """Write `register`: each batch is saved as a whole or not at all. A bad one ends it."""

    def register(batches: list[list[str]]) -> None:
        ___

    with pytest.raises(exc.IntegrityError):
        register([["barbara", "annie"], ["frances", "ada"]])

    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names[3:] == ["barbara", "annie"]
    assert not session.in_transaction()
