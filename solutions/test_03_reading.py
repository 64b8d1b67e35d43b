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

    # hint: There is no session here, and no engine. What can be done without?
    # hint: Some of these names put the question, the others fetch an answer.
    # wrong: ["where", "order_by", "limit", "all", "first", "one"] -- who should run it?
    # wrong: ["all", "first", "one"] -- the other way round: those are methods of a Result
    # wrong: ["where", "order_by", "limit", "first", "one"] -- one row needs a database as well
    # why: A select() is a question and nothing else: session.scalars(statement).all() runs it.
    # why: Only the old session.query(User) could do both.
    assert [name for name in tried if hasattr(statement, name)] == ["where", "order_by", "limit"]


def test_three_ways_to_run_a_select(session: Session) -> None:
    statement = select(User.id, User.name).where(User.id <= 2).order_by(User.id)

    rows = session.execute(statement).all()
    values = session.scalars(statement).all()
    value = session.scalar(statement)

    assert list(session) == []
    # hint: Each time the database returns two rows of two columns: (1, "ada") and (2, "grace").
    # hint: A scalar is a single value. From which column does it come, and from which row?
    # wrong: ([(1, "ada"), (2, "grace")], [(1, "ada"), (2, "grace")], (1, "ada")) -- those are rows
    # wrong: ([(1, "ada"), (2, "grace")], [1, "ada", 2, "grace"], 1) -- one value of each row
    # wrong: ([(1, "ada"), (2, "grace")], [1, 2], [1, 2]) -- scalar() is about one row
    # why: What scalars() and scalar() do not take, they drop without a word: other columns, and
    # why: other rows. Who asks for columns gets plain values: no object has joined the session.
    assert (rows, values, value) == ([(1, "ada"), (2, "grace")], [1, 2], 1)


def test_what_is_in_a_row(session: Session) -> None:
    ada = session.get_one(User, 1)

    row = session.execute(select(User).where(User.name == "ada")).one()

    # hint: One entity was asked for, and the row has one column.
    # hint: A row is a tuple, however many columns there are.
    # wrong: ada -- she is in the row; the row itself has no name and no addresses
    # wrong: (1, "ada", "Ada Lovelace") -- select(User) asks for an object, and gets one
    # wrong: [ada] -- a row is a tuple, not a list
    # why: execute() always gives rows. For objects, take them out of it with session.scalars().
    # why: With several, select(User, Address), the row is what you want: user, address = row.
    assert row == (ada,)


def test_reading_a_result_twice(session: Session) -> None:
    result = session.scalars(select(User.name).order_by(User.id))

    once = list(result)
    again = list(result)

    # hint: Is the result a list, or something that makes one?
    # hint: What happens in Python if you go through an iterator twice?
    # wrong: (["ada", "grace", "alan"], ["ada", "grace", "alan"]) -- for that it would be a list
    # wrong: (["ada"], ["grace"]) -- list() takes all that is left
    # wrong: ([], []) -- the rows are fetched by whoever reads first: here they are
    # why: A Result is read once, and has no len(). all() makes a list of it: that is what to
    # why: count, to keep, and to return from a function.
    assert (once, again) == (["ada", "grace", "alan"], [])


def test_at_most_one(session: Session) -> None:
    """Ada has two addresses, grace has one, alan has none. Write the name of the method."""

    def only_email(user_id: int) -> str | None:
        emails = select(Address.email).where(Address.user_id == user_id)
        # hint: None is an answer here. Two are an error.
        # hint: The methods of a Result say in their names how many they want.
        # wrong: one -- wants exactly one: NoResultFound for alan
        # wrong: first -- takes one and drops the others, as session.scalar() does
        # wrong: all -- takes as many as there are: a list is no address
        # why: one() and one_or_none() insist. first() does not look whether there are more, and
        # why: it does not spare the database either: no LIMIT is sent unless you say so.
        return session.scalars(emails).one_or_none()

    assert only_email(2) == "grace@navy.example"
    assert only_email(3) is None
    with pytest.raises(exc.MultipleResultsFound):
        only_email(1)


def test_who_has_an_address(session: Session) -> None:
    """Ada has two addresses, grace has one, alan has none."""
    statement = select(User).join(User.addresses).order_by(Address.id)

    names = [user.name for user in session.scalars(statement)]
    unique_names = [user.name for user in session.scalars(statement).unique()]

    # hint: What rows does the JOIN return: one for each user, or one for each address?
    # hint: The session has each user once. Does that change the number of rows?
    # wrong: (["ada", "grace"], ["ada", "grace"]) -- only session.query() left out the second ada
    # wrong: (["ada", "ada", "grace", "alan"], ["ada", "grace", "alan"]) -- that is an outer join
    # wrong: (["ada", "ada", "grace"], ["ada", "ada", "grace"]) -- unique() gives each user once
    # why: A row is a row, even if the user in it was there before. unique() leaves out what has
    # why: been seen, after it was fetched; a WHERE with User.addresses.any() would not fetch it.
    assert (names, unique_names) == (["ada", "ada", "grace"], ["ada", "grace"])


def test_raw_sql_with_a_name_from_outside(session: Session) -> None:
    """Write `fullnames`, with this SQL. The name is whatever somebody has typed into a form."""
    query = "SELECT fullname FROM user_account WHERE name = "

    def fullnames(name: str) -> list[str]:
        # hint: A session does not run a plain string: say that it is SQL, with text().
        # hint: In the SQL write :name, and give the value beside it, in a dictionary.
        # wrong: return list(session.scalars(query + f"'{name}'")) -- refused: a plain string
        # wrong: return list(session.scalars(text(query + f"'{name}'"))) -- whoever types, queries
        # wrong: return list(session.scalars(text(query + ":name"))) -- where is the value?
        # why: text() says that a string is meant as SQL. Values go beside it as parameters, never
        # why: into it: then a quote in a name is a letter like any other.
        return list(session.scalars(text(query + ":name"), {"name": name}))

    assert fullnames("ada") == ["Ada Lovelace"]
    assert fullnames("o'brien") == []
    assert fullnames("' OR ''='") == []


def test_a_key_from_a_url(session: Session, statements: list[str]) -> None:
    """Write `rating`, for URLs such as /ratings/1/2. What the session has, it need not ask for."""

    def rating(user_id: str, product_id: str) -> Rating | None:
        # hint: By primary key there is a short way. A key of two columns is a tuple.
        # hint: It finds what the session has, if the key is the same. Is "1" the same as 1?
        # wrong: return session.get(Rating, (user_id, product_id)) -- "1" is not 1: it asks
        # wrong: return session.get(Rating, int(user_id)) -- that is half of a key
        # wrong: return session.get_one(Rating, (int(user_id), int(product_id))) -- raises at 2/1
        # wrong: return session.scalar( -- right, but a select() always asks the database
        #            select(Rating).where(
        #                Rating.user_id == int(user_id), Rating.product_id == int(product_id)
        #            )
        #        )
        # why: get() first looks whether the session has that key, and compares it as it is. If
        # why: not, it asks the database. None means that there is no such row; get_one() raises.
        return session.get(Rating, (int(user_id), int(product_id)))

    five_stars = Rating(user_id=1, product_id=2, stars=5)
    session.add(five_stars)
    session.flush()

    assert rating("1", "2") is five_stars
    assert rating("2", "1") is None
    assert statements == ["INSERT", "SELECT"]
