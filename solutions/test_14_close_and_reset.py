"""Close and reset.

close() makes a session let go: of its objects, which are detached or transient then, and of its
transaction, which is rolled back, so that the connection returns to the pool. It saves nothing.
The session itself can be used again, unless it was told otherwise. expunge_all() lets go of the
objects only, and invalidate() of the connection for good.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#closing
"""

import gc
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, QueuePool, exc, inspect, orm, select
from sqlalchemy.orm import Session

from katas.models import User


def test_where_a_change_is_after_close(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"

    session.close()

    in_the_database = observer.scalar(select(User.fullname).where(User.id == 1))
    # hint: Does close() save what was changed? Does it take it back?
    # hint: close() lets go of its objects. It neither flushes nor expires them.
    # wrong: ("Countess of Lovelace", "Countess of Lovelace") -- only commit() makes it last
    # wrong: ("Ada Lovelace", "Ada Lovelace") -- a rollback() would expire ada; close() leaves her
    # wrong: ("Ada Lovelace", "Countess of Lovelace") -- a change is in the object first
    # why: close() sends nothing but ROLLBACK. ada is detached, with the values that she had:
    # why: what was not committed is in no database, and the object does not show it.
    assert (ada.fullname, in_the_database) == ("Countess of Lovelace", "Ada Lovelace")


def test_using_a_closed_session(session: Session, pool: QueuePool) -> None:
    session.get_one(User, 1)
    session.close()
    assert pool.checkedout() == 0

    users = session.scalars(select(User)).all()

    # hint: Nothing has raised. So what is a session that was closed?
    # hint: Its next use begins a transaction, as the first one did.
    # wrong: (3, 0) -- the rows came through a connection, and the transaction is still open
    # wrong: (3, 2) -- the first connection went back to the pool at close()
    # why: close() is a reset: the session is as good as new, and the next use takes a connection
    # why: from the pool again. Who uses it after close() has to close it once more.
    assert (len(users), pool.checkedout()) == (3, 1)


def test_adding_again_after_close(session: Session, observer: Connection) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    session.close()

    session.add(barbara)
    session.commit()

    # hint: The rollback has undone her INSERT. But in which state did close() leave her?
    # hint: First the objects are let go, each as it is, and then the transaction is rolled back.
    # wrong: ["barbara"] -- for that she would have to be pending again; add() makes her persistent
    # why: close() expunges her while she is persistent: she is detached, with an identity and no
    # why: row. Added again she is taken for saved, and no INSERT is sent. rollback() would know
    # why: whom it has inserted: call it first if you want to go on with your objects.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == []


def test_what_expunge_all_leaves(session: Session, observer: Connection) -> None:
    session.add(User(name="barbara"))
    session.flush()
    session.add(User(name="annie"))

    session.expunge_all()
    session.commit()

    # hint: The session is empty at the commit. What has been sent before?
    # hint: expunge_all() is about objects. Does it end a transaction?
    # wrong: [] -- that would be close(): this transaction was not rolled back
    # wrong: ["barbara", "annie"] -- annie was pending, and left before she could be flushed
    # why: The objects are gone, with what they had to save; the transaction goes on, with what
    # why: was sent. Half of a piece of work can be committed in this way: to give up all of it,
    # why: call rollback() or close().
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


def test_who_keeps_a_session_alive(engine: Engine) -> None:
    def find(name: str) -> User:
        session = Session(engine)
        return session.scalars(select(User).where(User.name == name)).one()

    ada = find("ada")
    gc.collect()

    # hint: The function has returned. Who refers to its session?
    # hint: A session refers to its objects. Do they refer to it?
    # wrong: persistent -- an object does not keep its session alive, and nobody else did
    # wrong: transient -- she has a row, and she knows it
    # why: Nobody held the session, so it was collected, and the object is left detached.
    # why: Without gc.collect() it would happen at some time: a lazy load works today and raises
    # why: DetachedInstanceError tomorrow. Who opens a session has to hold it, and to close it.
    assert inspect(ada).detached


def test_one_session_for_several_jobs(engine: Engine) -> None:
    """Make the session empty, without a transaction, for the next job. close() is final here."""
    session = Session(engine, close_resets_only=False)
    ada = session.get_one(User, 1)

    # hint: With the default settings it would be close(). That has another method beside it.
    # hint: Both let go of objects and transaction. This one always leaves the session usable.
    # wrong: session.close() -- is final with close_resets_only=False: nothing can follow
    # wrong: session.expunge_all() -- empties the session, but leaves the transaction open
    # wrong: session.rollback() -- ends the transaction, but ada is still in the session
    # why: reset() always does what close() does by default. With close_resets_only=False there
    # why: are both: one to start afresh, one after which any use is an error.
    session.reset()

    assert (list(session), session.in_transaction()) == ([], False)
    assert session.get_one(User, 1) is not ada
    session.close()
    with pytest.raises(exc.InvalidRequestError):
        session.get(User, 1)


def test_a_connection_not_to_be_trusted(session: Session, other_session: Session) -> None:
    """A timeout has cut a statement short. See to it that nobody gets this connection again."""
    session.get_one(User, 1)
    session.connection().info["stuck"] = True

    # hint: The pool gives out what it is given back. Do not give this one back.
    # hint: session has a method that closes it, and the connection with it.
    # wrong: session.close() -- returns the connection to the pool, and the next one gets it
    # wrong: session.rollback() -- sends ROLLBACK on it, and returns it to the pool
    # wrong: session.connection().invalidate() -- the session is still in its transaction
    # why: invalidate() is close(), but the connection is thrown away and not asked for anything,
    # why: not even a ROLLBACK. Its info is kept as long as it is, so here it shows a new one.
    session.invalidate()

    assert not session.in_transaction()
    assert "stuck" not in other_session.connection().info


def test_cleaning_up_after_others(engine: Engine, pool: QueuePool) -> None:
    """The code under test forgets its sessions. Close them all, though you cannot name them."""

    def all_users() -> Iterator[User]:
        session = Session(engine)
        yield from session.scalars(select(User).order_by(User.id))

    left_behind = [all_users(), all_users()]
    seen = [next(users) for users in left_behind]
    assert pool.checkedout() == 2

    # hint: You have no name for them, but SQLAlchemy keeps a list of all sessions.
    # hint: Look for a function in sqlalchemy.orm: its name says what it does.
    # wrong: Session(engine).close() -- closes one more session, not those two
    # wrong: engine.dispose() -- closes what is idle: the sessions keep what they hold
    # wrong: gc.collect() -- the generators are not done, and hold their sessions
    # why: close_all_sessions() closes each session of the process that is still alive. It is
    # why: meant for the end of a test: your own sessions are closed too.
    orm.close_all_sessions()

    assert pool.checkedout() == 0
    assert all(inspect(user).detached for user in seen)
