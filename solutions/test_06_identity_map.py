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

    # hint: Nothing was flushed here. Does by_key need the database to know of the change?
    # hint: Two names, one row: how many objects does the session hold for it?
    # wrong: "Ada Lovelace" -- that would take a second copy of the row, and a session keeps one
    # wrong: None -- no attribute is unloaded: both names refer to the object just changed
    # why: Both queries found row 1, and for row 1 the session has one object. by_key is by_name.
    assert by_key.fullname == "Countess of Lovelace"


def test_each_session_has_objects_of_its_own(session: Session, other_session: Session) -> None:
    mine = session.get_one(User, 1)
    mine_again = session.get_one(User, 1)
    theirs = other_session.get_one(User, 1)

    # hint: All three are row 1. Who made the objects?
    # hint: "One row, one object" is a promise that a session makes for itself alone.
    # wrong: 1 -- that would be one object shared by two sessions; each session has its own map
    # wrong: 3 -- a session does not build a second object for a row that it holds
    # why: Each session has an identity map of its own, so the row is one object in each of them.
    assert len({mine, mine_again, theirs}) == 2


def test_what_the_identity_map_can_answer(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    by_key = session.get_one(User, 1)
    by_name = session.scalars(select(User).where(User.name == "ada")).one()

    assert ada is by_key is by_name
    # hint: Count the questions that only the database can answer. The first line is one.
    # hint: The map is filed by key. Which of the three lines asks by key, for what is there?
    # wrong: 3 -- the second get() finds row 1 in the identity map and asks nobody
    # wrong: 1 -- a session is no query cache: every select() goes to the database
    # why: get() looks under the identity key first. A select() is always sent: a WHERE is for
    # why: the database to judge, and only the rows that come back are matched with the map.
    assert len(statements) == 2


def test_a_query_does_not_overwrite_what_is_loaded(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))

    found = session.scalars(select(User).where(User.fullname == "Lady Lovelace")).one()

    assert found is ada
    # hint: The row that came back is the new one. What did the session use it for?
    # hint: An attribute that is loaded, and not expired, is left as it is.
    # wrong: "Lady Lovelace" -- the row was found by that name, but only to find its object
    # wrong: None -- nothing was expired: the UPDATE was text, the session knows nothing of it
    # why: The row's key led to ada, and ada was loaded already, so her attributes were kept.
    # why: The WHERE was judged by the database; the object shows what the session once read.
    assert found.fullname == "Ada Lovelace"


def test_the_key_is_more_than_the_primary_key(session: Session) -> None:
    """Look up `ada`: write out the key under which the session has filed her."""
    ada = session.get_one(User, 1)
    ada_at_work = session.get_one(Address, 1)

    assert inspect(ada).identity == inspect(ada_at_work).identity == (1,)
    # hint: A user and an address both have primary key (1,), and both are in the map.
    # hint: inspect(ada).identity_key shows the whole key. The last part is nearly always None.
    # wrong: 1 -- address 1 would be filed there as well
    # wrong: (1,) -- that is the primary key: two objects here have the same
    # wrong: (User, 1) -- the primary key is a tuple, since it may have several columns
    # wrong: ("user_account", (1,), None) -- the map is of objects: it goes by class, not by table
    # why: The identity key is (mapped class, primary key as a tuple, identity token).
    # why: The token tells databases apart where one session reads from several.
    assert session.identity_map.get((User, (1,), None)) is ada


def test_an_object_leaves_the_map_with_its_last_reference(session: Session) -> None:
    users = session.scalars(select(User).order_by(User.id)).all()
    assert len(users) == 3
    ada = users[0]

    del users

    assert ada in session
    # hint: Three were loaded. Which of them can this test still name?
    # hint: The session does not keep a loaded object alive. Who does?
    # wrong: 3 -- the map is weak: it finds the objects that you hold, it does not hold them
    # wrong: 0 -- ada is still referred to, by the variable, and so she is still in the map
    # why: Objects with nothing to save are referred to weakly. A session that lives long does
    # why: not grow with what it has read, and get() for a forgotten row is a SELECT again.
    assert len(session.identity_map) == 1


def test_a_change_is_not_lost_with_its_reference(session: Session) -> None:
    session.get_one(User, 1).fullname = "Countess of Lovelace"

    held_before_flush = len(session.identity_map)
    session.flush()
    held_after_flush = len(session.identity_map)

    # hint: No variable ever held the user. Was there something to be saved?
    # hint: Weak until you change it, strong until it is flushed, and then?
    # wrong: (0, 0) -- then the change would be lost, and nothing could be flushed
    # wrong: (1, 1) -- once it is flushed there is nothing left to save, and nobody else holds it
    # why: A new, changed or deleted object is referred to strongly until its change is flushed.
    assert (held_before_flush, held_after_flush) == (1, 0)


def test_finding_what_is_loaded_without_asking_the_database(
    session: Session, statements: list[str]
) -> None:
    """Write `loaded_user`: the user, if this session holds it, else None. It sends no SQL."""

    def loaded_user(session: Session, user_id: int) -> User | None:
        # hint: get() is no help: what it does not find, it SELECTs.
        # hint: session.identity_key(User, user_id) builds the key; the map is like a dictionary.
        # wrong: return session.get(User, user_id) -- right for ada, a SELECT for grace
        # wrong: return session.identity_map.get(user_id) -- that is no key: the class is missing
        # why: identity_key() spells a key as the session does, and the map is there to be read.
        return session.identity_map.get(session.identity_key(User, user_id))

    ada = session.get_one(User, 1)

    assert loaded_user(session, 1) is ada
    assert loaded_user(session, 2) is None
    assert statements == ["SELECT"]
