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

    assert columns & inspect(ada).expired_attributes == ___


def test_how_many_selects_it_takes_to_read_again(session: Session, statements: list[str]) -> None:
    users = session.scalars(select(User)).all()
    session.commit()

    assert {user.name for user in users} == {"ada", "grace", "alan"}
    assert all(user.fullname for user in users)

    assert len(statements) == ___


def test_reading_again_with_one_select(session: Session, statements: list[str]) -> None:
    """Load all the users again, in one statement, so that reading them needs no more."""
    users = session.scalars(select(User)).all()
    session.commit()

    ___

    assert {user.name for user in users} == {"ada", "grace", "alan"}
    assert statements == ["SELECT", "SELECT"]


def test_when_the_work_of_others_is_seen(session: Session, other_session: Session) -> None:
    ada = session.get_one(User, 1)
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    before_commit = ada.fullname
    session.commit()
    after_commit = ada.fullname

    assert (before_commit, after_commit) == ___


def test_the_price_of_not_expiring(engine: Engine, other_session: Session) -> None:
    session = Session(engine, expire_on_commit=False)
    ada = session.get_one(User, 1)
    session.commit()
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    assert ada.fullname == ___


def test_reading_what_was_committed_and_closed(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    session.close()

    with pytest.raises(exc.SQLAlchemyError) as error:
        assert ada.name == "ada"

    assert error.type is ___


def test_reading_a_row_that_is_gone(session: Session, other_session: Session) -> None:
    alan = session.get_one(User, 3)
    session.commit()
    other_session.delete(other_session.get_one(User, 3))
    other_session.commit()

    with pytest.raises(exc.SQLAlchemyError) as error:
        assert alan.name == "alan"

    assert error.type is ___


def test_returning_an_object_from_a_function(engine: Engine) -> None:
    """Whoever calls `register` wants to read the user. The commit is behind it: what is missing?"""

    def register(name: str) -> User:
        with Session(engine) as session:
            user = User(name=name)
            session.add(user)
            session.commit()
            ___
            return user

    barbara = register("barbara")

    assert inspect(barbara).detached
    assert (barbara.id, barbara.name) == (4, "barbara")
