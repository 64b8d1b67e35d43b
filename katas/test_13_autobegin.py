"""Autobegin.

A session begins its transaction by itself, as soon as there is something to keep track of: SQL
that is sent, reading included, but also add() or a changed attribute. It ends with commit(),
rollback() or close(), and the next use begins another. Whoever wants to see where a transaction
begins and ends calls begin(), which is a context manager, before the session has begun one.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#session-autobegin
"""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, QueuePool, exc, select
from sqlalchemy.orm import Session, SessionTransactionOrigin

from katas.models import Address, User


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


def test_waiting_without_a_connection(session: Session, pool: QueuePool) -> None:
    """Next, mail is sent, which takes a minute. Give the connection back before that."""
    emails = session.scalars(select(Address.email).order_by(Address.id)).all()
    assert pool.checkedout() == 1

    ___

    assert pool.checkedout() == 0
    assert emails == ["ada@engine.example", "ada@home.example", "grace@navy.example"]


def test_beginning_after_a_look(session: Session, observer: Connection) -> None:
    """begin() is refused: "A transaction is already begun on this Session". Make room for it."""
    taken = session.scalars(select(User.name)).all()
    assert "barbara" not in taken

    ___
    with session.begin():
        session.add(User(name="barbara"))

    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names == ["ada", "grace", "alan", "barbara"]


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
