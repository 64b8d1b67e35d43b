"""Isolation.

Two things stand between you and the work of others. The database shows a transaction what its
isolation level allows. The session shows you what it has once loaded, and reads a row again only
when it has reason to. And what you write may rest on a value that is no longer true: neither of
the two warns you, unless you ask for it.

https://docs.sqlalchemy.org/en/21/orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit
"""

import pytest
from sqlalchemy import Connection, Engine, exc, inspect, select
from sqlalchemy.orm import Session

from katas.models import Account, Product, Purchase, User


def test_what_a_query_finds_and_what_it_shows(engine: Engine, other_session: Session) -> None:
    """The same on every database, at every isolation level."""
    session = Session(engine, expire_on_commit=False)
    accounts = session.scalars(select(Account).order_by(Account.id)).all()
    session.commit()
    other_session.get_one(Account, 1).balance -= 80
    other_session.get_one(Account, 2).balance += 80
    other_session.commit()

    rich = session.scalars(select(Account).where(Account.balance >= 100)).all()

    assert [account.balance for account in accounts] == [100, 50]
    assert [(account.owner, account.balance) for account in rich] == ___


@pytest.mark.only_on("sqlite", "postgresql")
def test_seeing_what_others_have_committed(session: Session, other_session: Session) -> None:
    """See to it that ada's new name is seen.

    At SERIALIZABLE, in PostgreSQL and in SQLite in WAL mode, a transaction sees a snapshot: the
    rows as they were at its first query.
    """
    session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    ada = session.get_one(User, 1)
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    ___

    assert ada.fullname == "Countess of Lovelace"


def test_two_who_sell_at_the_same_time(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """There are ten compasses. The same on every database, at every isolation level."""
    stock_here = session.get_one(Product, 1).stock
    session.commit()
    stock_there = other_session.get_one(Product, 1).stock
    other_session.commit()

    session.get_one(Product, 1).stock = stock_here - 3
    session.commit()
    other_session.get_one(Product, 1).stock = stock_there - 4
    other_session.commit()

    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == ___


def test_what_a_rollback_undoes_in_autocommit(engine: Engine, observer: Connection) -> None:
    """The same on every database."""
    barbara = User(name="barbara")

    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        session.add(barbara)
        session.flush()
        session.rollback()

    assert inspect(barbara).transient
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


@pytest.mark.only_on("postgresql")
def test_one_row_asked_for_twice(engine: Engine, other_session: Session) -> None:
    """Two transactions that go on, one at each level."""
    levels = ("READ COMMITTED", "REPEATABLE READ")
    sessions = [Session(engine.execution_options(isolation_level=level)) for level in levels]
    stock = select(Product.stock).where(Product.id == 1)
    assert [session.scalar(stock) for session in sessions] == [10, 10]

    other_session.get_one(Product, 1).stock = 7
    other_session.commit()

    assert [session.scalar(stock) for session in sessions] == ___


@pytest.mark.only_on("postgresql")
def test_what_is_read_with_a_lock(session: Session, other_session: Session) -> None:
    """At READ COMMITTED. Lock the compasses, and see to it that their stock is the true one."""
    compass = session.get_one(Product, 1)
    other_session.get_one(Product, 1).stock = 0
    other_session.commit()

    ___

    assert compass.stock == 0
    with pytest.raises(exc.OperationalError):
        other_session.get_one(Product, 1, with_for_update={"nowait": True})


@pytest.mark.only_on("postgresql")
def test_a_queue_for_several_workers(
    session: Session, other_session: Session, engine: Engine
) -> None:
    """See to it that each worker takes the first purchase that is free, without waiting."""

    first_open = select(Purchase).where(Purchase.status == "open").order_by(Purchase.id).limit(1)

    def take(worker: Session) -> Purchase | None:
        return worker.scalars(___).first()

    third_session = Session(engine)

    jobs = [take(worker) for worker in (session, other_session, third_session)]

    assert [job and job.id for job in jobs] == [1, 2, None]


@pytest.mark.only_on("sqlite", "postgresql")
def test_selling_after_somebody_else_has_sold(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """The sale of four is refused. Sell them all the same, and let no sale get lost.

    At SERIALIZABLE, PostgreSQL ("could not serialize access") and SQLite in WAL mode ("database is
    locked") refuse at once what rests on a snapshot that is out of date.
    """
    session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    compass = session.get_one(Product, 1)
    other_session.get_one(Product, 1).stock -= 3
    other_session.commit()
    compass.stock -= 4
    with pytest.raises(exc.OperationalError):
        session.commit()

    ___
    session.commit()

    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 3
