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
    # hint: What do the two rows say by now? And who judges the WHERE?
    # hint: The row that comes back belongs to an object that is loaded. What becomes of that?
    # wrong: [("ada", 100)] -- the WHERE is judged by the rows as they are, and ada's has 20
    # wrong: [("grace", 130)] -- her account was loaded, and not expired: it keeps its attributes
    # wrong: [] -- one row has 100 or more, whatever the objects say
    # why: The database chooses by the values that it has, the object shows those that were
    # why: loaded. Where the two must agree, expire or refresh, or use populate_existing.
    assert [(account.owner, account.balance) for account in rich] == [("grace", 50)]


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

    # hint: It is not enough to make the session ask again. What would it be told?
    # hint: This transaction has its snapshot. How does one come by another?
    # wrong: session.refresh(ada) -- asks the database, and is shown the same snapshot
    # wrong: session.expire_all() -- the next read asks, and is shown the same snapshot
    # wrong: session.get(User, 1, populate_existing=True) -- asks too, and so sees the snapshot too
    # wrong: level = {"isolation_level": "READ UNCOMMITTED"} -- too late: ignored, with a warning
    #        session.connection(execution_options=level)
    # why: The snapshot lasts as long as the transaction: end it, and the next one has a new
    # why: snapshot. At READ COMMITTED each statement has its own, and refresh() is enough.
    session.commit()

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

    # hint: Four transactions, one after the other. What do stock_here and stock_there hold?
    # hint: Does the second UPDATE look at what the first one has written?
    # wrong: 3 -- the second writes the number it is given, and that was computed from ten
    # wrong: 7 -- nothing stops the second: its transaction began after the first had ended
    # why: A lost update, and no error: each transaction was correct by itself. Ways out: let the
    # why: database subtract (stock = Product.stock - 4), lock the row, or count its versions.
    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 6


def test_what_a_rollback_undoes_in_autocommit(engine: Engine, observer: Connection) -> None:
    """The same on every database."""
    barbara = User(name="barbara")

    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        session.add(barbara)
        session.flush()
        session.rollback()

    assert inspect(barbara).transient
    # hint: When is an INSERT committed, if the connection is in autocommit mode?
    # hint: The session has done all that belongs to a rollback. Was there anything to roll back?
    # wrong: [] -- the INSERT was committed as it was sent: the ROLLBACK came too late
    # why: The session still begins, commits and rolls back, but to the database each statement is
    # why: a transaction of its own. For reading that may do; for a unit of work it does not.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


@pytest.mark.only_on("postgresql")
def test_one_row_asked_for_twice(engine: Engine, other_session: Session) -> None:
    """Two transactions that go on, one at each level."""
    levels = ("READ COMMITTED", "REPEATABLE READ")
    sessions = [Session(engine.execution_options(isolation_level=level)) for level in levels]
    stock = select(Product.stock).where(Product.id == 1)
    assert [session.scalar(stock) for session in sessions] == [10, 10]

    other_session.get_one(Product, 1).stock = 7
    other_session.commit()

    # hint: A column is asked for, not an object: what counts is what the database shows.
    # hint: How long does a snapshot last: for a statement, or for a transaction?
    # wrong: [10, 10] -- at READ COMMITTED each statement has a snapshot of its own
    # wrong: [7, 7] -- at REPEATABLE READ the snapshot lasts until the transaction ends
    # wrong: [10, 7] -- it is the other way round
    # why: READ COMMITTED, where PostgreSQL begins, shows each statement what is committed by then.
    # why: REPEATABLE READ, where MariaDB begins, shows the state at the transaction's first query.
    assert [session.scalar(stock) for session in sessions] == [7, 10]


@pytest.mark.only_on("postgresql")
def test_what_is_read_with_a_lock(session: Session, other_session: Session) -> None:
    """At READ COMMITTED. Lock the compasses, and see to it that their stock is the true one."""
    compass = session.get_one(Product, 1)
    other_session.get_one(Product, 1).stock = 0
    other_session.commit()

    # hint: A lock keeps the row from changing from now on. What had compass loaded before?
    # hint: with_for_update() locks. What makes a row overwrite what is loaded?
    # wrong: session.scalars(select(Product).with_for_update()).all() -- locks, overwrites nothing
    # wrong: session.refresh(compass) -- reads anew, but locks nothing
    # wrong: session.expire(compass) -- read anew when it is used, without a lock
    # why: FOR UPDATE is for the database; the session goes on showing what it has loaded. Whoever
    # why: locks in order to decide has to refresh as well: lock first, then read.
    session.refresh(compass, with_for_update=True)

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
        # hint: Who takes a purchase locks its row. What are the others to do about a locked row?
        # hint: with_for_update() waits. One of its arguments makes it go on to the next row.
        # wrong: first_open -- without a lock, all of them take the first one
        # wrong: first_open.with_for_update(read=True) -- FOR SHARE: all may have it at once
        # wrong: first_open.with_for_update(nowait=True) -- an error for whoever comes second
        # why: SKIP LOCKED passes over what somebody else is working on. The lock lasts until the
        # why: end of the transaction, so a worker that dies gives its purchase back.
        return worker.scalars(first_open.with_for_update(skip_locked=True)).first()

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

    # hint: The flush has failed. What does the session need before it can do anything?
    # hint: How many are left, and who knows that?
    # wrong: session.commit() -- the failed transaction must be rolled back first
    # wrong: compass.stock -= 4 -- the session is of no use before it is rolled back
    # wrong: session.rollback() -- no error now, but no sale either: the rollback has undone it
    # wrong: session.rollback() -- lets the three that were sold there come back
    #        compass.stock = 6
    # why: A transaction whose snapshot is out of date can only be done again as a whole, with its
    # why: reads: the decision rested on them. The rollback has expired compass, so -= reads anew.
    session.rollback()
    compass.stock -= 4
    session.commit()

    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 3
