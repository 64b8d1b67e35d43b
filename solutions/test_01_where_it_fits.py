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
        # hint: To notice it, somebody has to connect. Who needs a connection, and for what?
        # hint: Ask for something that only a database can answer.
        # wrong: session.begin() -- begins a transaction of the session's own: nobody connects
        # wrong: session.add(User(name="barbara")) -- the session keeps her in memory for now
        # wrong: session.commit() -- there is nothing to commit, so there is nothing to send
        # why: An engine connects when SQL is to be sent, and not before. Neither the engine nor
        # why: the session says anything about the database: that both were made proves nothing.
        session.get(User, 1)


def test_when_a_connection_leaves_the_pool(session: Session, pool: QueuePool) -> None:
    session.begin()
    after_begin = pool.checkedout()
    session.add(User(name="barbara"))
    after_add = pool.checkedout()
    session.flush()
    after_flush = pool.checkedout()

    # hint: A flush is what sends the INSERT. Which of the three calls has to send something?
    # hint: The session has a transaction of its own. Does it need a connection to have one?
    # wrong: (1, 1, 1) -- begin() asks the engine for nothing: no SQL is sent yet
    # wrong: (0, 1, 1) -- add() sends nothing either, it only makes a note
    # wrong: (0, 0, 0) -- flush() sends the INSERT, and for that a connection is needed
    # why: The session borrows its connection when there is SQL to send, and BEGIN goes with it.
    # why: A session that is only begun costs the pool nothing.
    assert (after_begin, after_add, after_flush) == (0, 0, 1)


def test_when_it_is_back_in_the_pool(session: Session, pool: QueuePool) -> None:
    session.get_one(User, 1)
    in_use = [pool.checkedout()]
    session.commit()
    in_use.append(pool.checkedout())
    session.get_one(User, 2)
    in_use.append(pool.checkedout())
    session.close()
    in_use.append(pool.checkedout())

    # hint: A connection is on loan for one transaction. Which lines begin one, which end one?
    # hint: The session can be used after a commit. What does it have to borrow again?
    # wrong: [1, 1, 1, 0] -- the commit has returned it: close() has nothing to do with that one
    # wrong: [1, 0, 0, 0] -- the second SELECT begins another transaction, with another loan
    # wrong: [0, 0, 0, 0] -- a SELECT needs a connection, and keeps it until its transaction ends
    # why: commit() and rollback() give the connection back. close() does so only if a transaction
    # why: is still open, and that one it rolls back.
    assert in_use == [1, 0, 1, 0]


def test_raw_sql_in_the_same_transaction(
    session: Session, observer: Connection, pool: QueuePool
) -> None:
    """Ada gives grace 10. Have the UPDATE run where the session works, to be committed with it."""
    session.get_one(Account, 1).balance -= 10
    give = "UPDATE account SET balance = balance + 10 WHERE id = 2"

    # hint: Two connections are two transactions. The session has one connection already.
    # hint: The session hands it out, by a method of that very name.
    # wrong: session.get_bind().connect() -- a second connection, with a transaction of its own
    # wrong: Session(session.get_bind()).connection() -- another session, another connection
    # why: session.connection() is the Connection of its transaction, until that ends. Whatever
    # why: runs on it is committed or rolled back together with the changes of the objects.
    session.connection().exec_driver_sql(give)
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

    # hint: Whatever autoflush is, here it is a setting. Who has it: the factory, or the session?
    # hint: A session gets its settings when it is made. What is said in the call comes first.
    # wrong: [True, True, True] -- configure() does not reach what has been made before
    # wrong: [False, False, True] -- what the call says comes before what the factory says
    # wrong: [False, True, False] -- configure() is for all that are made from then on
    # why: A sessionmaker is no session: each call makes a new one, independent of all others.
    # why: Have one at the top of your program, beside the engine; sessions come and go.
    assert [made.autoflush for made in (first, second, third)] == [False, True, True]


def test_what_the_end_of_a_block_saves(engine: Engine, observer: Connection) -> None:
    with Session(engine) as session:
        session.add(User(name="barbara"))

    with Session(engine) as session, session.begin():
        session.add(User(name="frances"))

    with sessionmaker(engine).begin() as session:
        session.add(User(name="kathleen"))

    saved = observer.scalars(select(User.name).order_by(User.id)).all()[3:]
    # hint: Three blocks, none of which calls commit(). What is each one's business at its end?
    # hint: A session is something to close. A transaction is something to commit.
    # wrong: ["barbara", "frances", "kathleen"] -- closing a session does not commit
    # wrong: [] -- begin() is there to commit at the end of the block
    # wrong: ["frances"] -- the factory's begin() commits as well, and closes the session too
    # why: The block of a session closes it, and what was not committed is lost without a word.
    # why: The block of begin() commits, or rolls back if an error leaves it; the session stays
    # why: open. sessionmaker.begin() does both.
    assert saved == ["frances", "kathleen"]


def test_a_transfer_as_a_whole(engine: Engine, observer: Connection) -> None:
    """Write `transfer`, using `change`: both accounts change or, after an error, neither."""
    make_session = sessionmaker(engine)

    def change(session: Session, account_id: int, amount: int) -> None:
        session.get_one(Account, account_id).balance += amount

    def transfer(source: int, target: int, amount: int) -> None:
        # hint: What must not be torn apart is one transaction. Where is it to end?
        # hint: One block that commits at its end, and both changes in it.
        # wrong: with make_session() as session: -- closes at the end, and nobody has committed
        #            change(session, source, -amount)
        #            change(session, target, amount)
        # wrong: with make_session.begin() as session: -- saved, before the other one can fail
        #            change(session, source, -amount)
        #        with make_session.begin() as session:
        #            change(session, target, amount)
        # wrong: with make_session() as session: -- a commit too many: there is no way back from it
        #            change(session, source, -amount)
        #            session.commit()
        #            change(session, target, amount)
        #            session.commit()
        # why: change() takes the session, and leaves the commit to whoever knows what belongs
        # why: together. A function that opens and commits its own cannot be part of anything.
        with make_session.begin() as session:
            change(session, source, -amount)
            change(session, target, amount)

    transfer(1, 2, 30)
    with pytest.raises(exc.NoResultFound):
        transfer(1, 99, 30)

    balances = observer.scalars(select(Account.balance).order_by(Account.id)).all()
    assert balances == [70, 80]
