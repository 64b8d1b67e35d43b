"""Where the session fits.

    your objects
         |
      Session        one for each piece of work, such as a request
         |
    transaction      the session's: all of it is committed, or nothing
         |
     Connection      on loan from the pool, for one transaction
         |
        Pool         keeps connections open, and lends them again
         |
       Engine        one for each database, as long as the program runs

Each uses what is below it, and lasts no longer than that: a program has one engine and a few
connections, but a new session whenever there is something to do.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#what-does-the-session-do
"""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, QueuePool, create_engine, exc, select
from sqlalchemy.orm import Session, sessionmaker

from katas.models import Account, User


def test_when_a_missing_database_is_noticed(tmp_path: Path) -> None:
    """There is no such folder. Call something that has to notice it."""
    engine = create_engine(f"sqlite:///{tmp_path}/nowhere/users.db")
    session = Session(engine)

    with pytest.raises(exc.OperationalError):
        ___


def test_when_a_connection_leaves_the_pool(session: Session, pool: QueuePool) -> None:
    session.begin()
    after_begin = pool.checkedout()
    session.add(User(name="barbara"))
    after_add = pool.checkedout()
    session.flush()
    after_flush = pool.checkedout()

    assert (after_begin, after_add, after_flush) == ___


def test_when_it_is_back_in_the_pool(session: Session, pool: QueuePool) -> None:
    session.get_one(User, 1)
    in_use = [pool.checkedout()]
    session.commit()
    in_use.append(pool.checkedout())
    session.get_one(User, 2)
    in_use.append(pool.checkedout())
    session.close()
    in_use.append(pool.checkedout())

    assert in_use == ___


def test_raw_sql_in_the_same_transaction(
    session: Session, observer: Connection, pool: QueuePool
) -> None:
    """Ada gives grace 10. Have the UPDATE run where the session works, to be committed with it."""
    session.get_one(Account, 1).balance -= 10
    give = "UPDATE account SET balance = balance + 10 WHERE id = 2"

    ___.exec_driver_sql(give)
    assert pool.checkedout() == 1
    session.commit()

    balances = observer.scalars(select(Account.balance).order_by(Account.id)).all()
    assert balances == [90, 60]


def test_what_a_sessionmaker_makes(engine: Engine) -> None:
    make_session = sessionmaker(engine, autoflush=False)

    first = make_session()
    second = make_session(autoflush=True)
    make_session.configure(autoflush=True)
    third = make_session()

    assert [made.autoflush for made in (first, second, third)] == ___


def test_what_the_end_of_a_block_saves(engine: Engine, observer: Connection) -> None:
    with Session(engine) as session:
        session.add(User(name="barbara"))

    with Session(engine) as session, session.begin():
        session.add(User(name="frances"))

    with sessionmaker(engine).begin() as session:
        session.add(User(name="kathleen"))

    saved = observer.scalars(select(User.name).order_by(User.id)).all()[3:]
    assert saved == ___


def test_a_transfer_as_a_whole(engine: Engine, observer: Connection) -> None:
    """Write `transfer`, using `change`: both accounts change or, after an error, neither."""
    make_session = sessionmaker(engine)

    def change(session: Session, account_id: int, amount: int) -> None:
        session.get_one(Account, account_id).balance += amount

    def transfer(source: int, target: int, amount: int) -> None:
        ___

    transfer(1, 2, 30)
    with pytest.raises(exc.NoResultFound):
        transfer(1, 99, 30)

    balances = observer.scalars(select(Account.balance).order_by(Account.id)).all()
    assert balances == [70, 80]
