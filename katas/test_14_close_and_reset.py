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
    assert (ada.fullname, in_the_database) == ___


def test_using_a_closed_session(session: Session, pool: QueuePool) -> None:
    session.get_one(User, 1)
    session.close()
    assert pool.checkedout() == 0

    users = session.scalars(select(User)).all()

    assert (len(users), pool.checkedout()) == ___


def test_adding_again_after_close(session: Session, observer: Connection) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    session.close()

    session.add(barbara)
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_what_expunge_all_leaves(session: Session, observer: Connection) -> None:
    session.add(User(name="barbara"))
    session.flush()
    session.add(User(name="annie"))

    session.expunge_all()
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_who_keeps_a_session_alive(engine: Engine) -> None:
    def find(name: str) -> User:
        session = Session(engine)
        return session.scalars(select(User).where(User.name == name)).one()

    ada = find("ada")
    gc.collect()

    assert inspect(ada).___


def test_one_session_for_several_jobs(engine: Engine) -> None:
    """Make the session empty, without a transaction, for the next job. close() is final here."""
    session = Session(engine, close_resets_only=False)
    ada = session.get_one(User, 1)

    ___

    assert (list(session), session.in_transaction()) == ([], False)
    assert session.get_one(User, 1) is not ada
    session.close()
    with pytest.raises(exc.InvalidRequestError):
        session.get(User, 1)


def test_a_connection_not_to_be_trusted(session: Session, other_session: Session) -> None:
    """A timeout has cut a statement short. See to it that nobody gets this connection again."""
    session.get_one(User, 1)
    session.connection().info["stuck"] = True

    ___

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

    ___

    assert pool.checkedout() == 0
    assert all(inspect(user).detached for user in seen)
