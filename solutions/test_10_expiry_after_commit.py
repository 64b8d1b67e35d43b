"""Expiry after commit.

When a transaction ends, what a session has read may be out of date: others can write again.
So commit() expires every object. Its attributes are erased, and the next one that is read
loads them all anew, in a new transaction. Most surprises after a commit come from there.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#committing
"""

import pytest
from sqlalchemy import Engine, exc, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import User


def test_which_columns_are_expired(session: Session) -> None:
    ada = session.get_one(User, 1)
    columns = {"id", "name", "fullname"}
    assert columns & inspect(ada).expired_attributes == set()

    session.commit()

    # hint: Does commit() know which of the columns somebody else may change?
    # hint: Is there an exception for what hardly ever changes, such as a primary key?
    # wrong: set() -- that would be a session with expire_on_commit=False
    # wrong: {"name", "fullname"} -- the primary key is a column too: it is expired with the rest
    # why: All of them, the primary key as well: after a commit even ada.id may send a SELECT.
    # why: inspect(ada).identity still knows the key, and never asks the database.
    assert columns & inspect(ada).expired_attributes == {"id", "name", "fullname"}


def test_how_many_selects_it_takes_to_read_again(session: Session, statements: list[str]) -> None:
    users = session.scalars(select(User)).all()
    session.commit()

    assert {user.name for user in users} == {"ada", "grace", "alan"}
    assert all(user.fullname for user in users)

    # hint: There are three users. The first SELECT has loaded them all.
    # hint: The first attribute that is read brings back its whole row, and only that row.
    # wrong: 1 -- what was loaded before the commit is forgotten
    # wrong: 2 -- each object reloads itself: none knows that the others need it too
    # wrong: 7 -- the first attribute to be read loads all columns of its object
    # why: One query, and then one SELECT for each object: reading after a commit is how a loop
    # why: over a thousand objects comes to send a thousand statements.
    assert len(statements) == 4


def test_reading_again_with_one_select(session: Session, statements: list[str]) -> None:
    """Load all the users again, in one statement, so that reading them needs no more."""
    users = session.scalars(select(User)).all()
    session.commit()

    # hint: A query leaves loaded attributes alone. What does it do with expired ones?
    # hint: Any query that returns the rows will do, if its rows are really fetched.
    # wrong: session.expire_all() -- they are expired already, and this loads nothing
    # wrong: session.scalars(select(User)) -- nobody fetches the rows, so no object gets its own
    # wrong: session.refresh(users[0]) -- that is one of three
    # why: A row that comes back fills its object's expired attributes, whatever asked for it.
    session.scalars(select(User)).all()

    assert {user.name for user in users} == {"ada", "grace", "alan"}
    assert statements == ["SELECT", "SELECT"]


def test_when_the_work_of_others_is_seen(session: Session, other_session: Session) -> None:
    ada = session.get_one(User, 1)
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    before_commit = ada.fullname
    session.commit()
    after_commit = ada.fullname

    # hint: The other session has committed before both. But which of them asks the database?
    # hint: A loaded attribute is read from the object. It is the commit that expires it.
    # wrong: ("Countess of Lovelace", "Countess of Lovelace") -- ada was loaded: nothing was asked
    # wrong: ("Ada Lovelace", "Ada Lovelace") -- the commit has expired her, so she was reloaded
    # why: A session does not look over its shoulder: it reads again when its own transaction
    # why: has ended.
    assert (before_commit, after_commit) == ("Ada Lovelace", "Countess of Lovelace")


def test_the_price_of_not_expiring(engine: Engine, other_session: Session) -> None:
    session = Session(engine, expire_on_commit=False)
    ada = session.get_one(User, 1)
    session.commit()
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    # hint: This session was told not to expire. When did it last read ada's row?
    # hint: What is loaded is not read again.
    # wrong: "Countess of Lovelace" -- for that ada would have to be expired, or refreshed
    # wrong: None -- nothing was erased: that is the point of expire_on_commit=False
    # why: expire_on_commit=False keeps what was loaded, however old it has become.
    assert ada.fullname == "Ada Lovelace"


def test_reading_what_was_committed_and_closed(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    session.close()

    with pytest.raises(exc.SQLAlchemyError) as error:
        assert ada.name == "ada"

    # hint: commit() has expired the name. Who is there to load it again?
    # hint: close() has taken ada out of the session. SQLAlchemy has a word for such an object.
    # wrong: orm_exc.ObjectDeletedError -- her row is still there: it is the session that is gone
    # wrong: exc.PendingRollbackError -- no flush has failed; ada has no session to ask
    # wrong: exc.NoResultFound -- no question was sent: there is no session to send one
    # why: An expired object loads itself through its session, and a detached object has none.
    # why: It is the two together: without the commit, or with expire_on_commit=False, the name
    # why: would still be there to read.
    assert error.type is orm_exc.DetachedInstanceError


def test_reading_a_row_that_is_gone(session: Session, other_session: Session) -> None:
    alan = session.get_one(User, 3)
    session.commit()
    other_session.delete(other_session.get_one(User, 3))
    other_session.commit()

    with pytest.raises(exc.SQLAlchemyError) as error:
        assert alan.name == "alan"

    # hint: Alan is expired and his session is open, so a SELECT is sent. What comes back?
    # hint: One of the exceptions in orm_exc is about an object whose row is gone.
    # wrong: orm_exc.DetachedInstanceError -- he is in his session still, and it did ask
    # wrong: orm_exc.StaleDataError -- that is for an UPDATE or DELETE that finds no row
    # wrong: exc.NoResultFound -- that is a query's; here an attribute was to be loaded
    # why: The reload found no row. Before the commit the name would have been read from memory.
    assert error.type is orm_exc.ObjectDeletedError


def test_returning_an_object_from_a_function(engine: Engine) -> None:
    """Whoever calls `register` wants to read the user. The commit is behind it: what is missing?"""

    def register(name: str) -> User:
        with Session(engine) as session:
            user = User(name=name)
            session.add(user)
            session.commit()
            # hint: At this point the user is expired, and two lines later it is detached.
            # hint: It must be loaded again while there is a session to do it.
            # wrong: session.flush() -- there is nothing left to send, and nothing is loaded by it
            # wrong: session.expunge(user) -- takes it out of the session, expired as it is
            # wrong: session.expire(user) -- it is expired already
            # why: refresh() SELECTs at once, so that the object leaves the session loaded.
            # why: Session(engine, expire_on_commit=False) would do as well, and saves a SELECT.
            session.refresh(user)
            return user

    barbara = register("barbara")

    assert inspect(barbara).detached
    assert (barbara.id, barbara.name) == (4, "barbara")
