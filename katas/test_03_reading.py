"""Reading.

A select() says what you want. A session runs it and returns a Result, from which the rows are
fetched: execute() gives rows, scalars() the first column of each, scalar() the first column of
the first. one(), first(), all() and others say how many rows you want, and what is to happen if
there are more or fewer. get() is the short way to one object by its primary key.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#querying
"""

import pytest
from sqlalchemy import exc, select, text
from sqlalchemy.orm import Session

from katas.models import Address, Rating, User


def test_what_a_select_can_do_by_itself() -> None:
    statement = select(User)
    tried = ["where", "order_by", "limit", "all", "first", "one"]

    assert [name for name in tried if hasattr(statement, name)] == ___


def test_three_ways_to_run_a_select(session: Session) -> None:
    statement = select(User.id, User.name).where(User.id <= 2).order_by(User.id)

    rows = session.execute(statement).all()
    values = session.scalars(statement).all()
    value = session.scalar(statement)

    assert list(session) == []
    assert (rows, values, value) == ___


def test_what_is_in_a_row(session: Session) -> None:
    ada = session.get_one(User, 1)

    row = session.execute(select(User).where(User.name == "ada")).one()

    assert row == ___


def test_reading_a_result_twice(session: Session) -> None:
    result = session.scalars(select(User.name).order_by(User.id))

    once = list(result)
    again = list(result)

    assert (once, again) == ___


def test_at_most_one(session: Session) -> None:
    """Ada has two addresses, grace has one, alan has none. Write the name of the method."""

    def only_email(user_id: int) -> str | None:
        emails = select(Address.email).where(Address.user_id == user_id)
        return session.scalars(emails).___()

    assert only_email(2) == "grace@navy.example"
    assert only_email(3) is None
    with pytest.raises(exc.MultipleResultsFound):
        only_email(1)


def test_who_has_an_address(session: Session) -> None:
    """Ada has two addresses, grace has one, alan has none."""
    statement = select(User).join(User.addresses).order_by(Address.id)

    names = [user.name for user in session.scalars(statement)]
    unique_names = [user.name for user in session.scalars(statement).unique()]

    assert (names, unique_names) == ___


def test_raw_sql_with_a_name_from_outside(session: Session) -> None:
    """Write `fullnames`, with this SQL. The name is whatever somebody has typed into a form."""
    query = "SELECT fullname FROM user_account WHERE name = "

    def fullnames(name: str) -> list[str]:
        ___

    assert fullnames("ada") == ["Ada Lovelace"]
    assert fullnames("o'brien") == []
    assert fullnames("' OR ''='") == []


def test_a_key_from_a_url(session: Session, statements: list[str]) -> None:
    """Write `rating`, for URLs such as /ratings/1/2. What the session has, it need not ask for."""

    def rating(user_id: str, product_id: str) -> Rating | None:
        ___

    five_stars = Rating(user_id=1, product_id=2, stars=5)
    session.add(five_stars)
    session.flush()

    assert rating("1", "2") is five_stars
    assert rating("2", "1") is None
    assert statements == ["INSERT", "SELECT"]
