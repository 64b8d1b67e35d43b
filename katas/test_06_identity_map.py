"""The identity map.

A session keeps one object for each row that it has loaded, filed under the row's identity key.
Whichever query finds the row again, it returns that same object. The map holds its objects
weakly: what nobody else refers to, and what has no change to save, leaves it.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#is-the-session-a-cache
"""

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from katas.models import Address, User


def test_two_queries_for_one_row_return_one_object(session: Session) -> None:
    by_name = session.scalars(select(User).where(User.name == "ada")).one()
    by_key = session.get_one(User, 1)

    by_name.fullname = "Countess of Lovelace"

    assert by_key.fullname == ___


def test_each_session_has_objects_of_its_own(session: Session, other_session: Session) -> None:
    mine = session.get_one(User, 1)
    mine_again = session.get_one(User, 1)
    theirs = other_session.get_one(User, 1)

    assert len({mine, mine_again, theirs}) == ___


def test_what_the_identity_map_can_answer(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    by_key = session.get_one(User, 1)
    by_name = session.scalars(select(User).where(User.name == "ada")).one()

    assert ada is by_key is by_name
    assert len(statements) == ___


def test_a_query_does_not_overwrite_what_is_loaded(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))

    found = session.scalars(select(User).where(User.fullname == "Lady Lovelace")).one()

    assert found is ada
    assert found.fullname == ___


def test_the_key_is_more_than_the_primary_key(session: Session) -> None:
    """Look up `ada`: write out the key under which the session has filed her."""
    ada = session.get_one(User, 1)
    ada_at_work = session.get_one(Address, 1)

    assert inspect(ada).identity == inspect(ada_at_work).identity == (1,)
    assert session.identity_map.get(___) is ada


def test_an_object_leaves_the_map_with_its_last_reference(session: Session) -> None:
    users = session.scalars(select(User).order_by(User.id)).all()
    assert len(users) == 3
    ada = users[0]

    del users

    assert ada in session
    assert len(session.identity_map) == ___


def test_a_change_is_not_lost_with_its_reference(session: Session) -> None:
    session.get_one(User, 1).fullname = "Countess of Lovelace"

    held_before_flush = len(session.identity_map)
    session.flush()
    held_after_flush = len(session.identity_map)

    assert (held_before_flush, held_after_flush) == ___


def test_finding_what_is_loaded_without_asking_the_database(
    session: Session, statements: list[str]
) -> None:
    """Write `loaded_user`: the user, if this session holds it, else None. It sends no SQL."""

    def loaded_user(session: Session, user_id: int) -> User | None:
        ___

    ada = session.get_one(User, 1)

    assert loaded_user(session, 1) is ada
    assert loaded_user(session, 2) is None
    assert statements == ["SELECT"]
