"""Changing objects.

The attributes of a mapped class are instrumented: when one is set, the session that the object is
in takes note. What has been set is sent by the next flush: so it is called when a session sends
its work to the database, and every commit begins with one. A flush does not ask the database what
has changed. It goes by what was loaded, and by what has been set since.

https://docs.sqlalchemy.org/en/21/tutorial/orm_data_manipulation.html#updating-orm-objects-using-the-unit-of-work-pattern
"""

import pytest
from sqlalchemy import Connection, exc, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Address, Product, User


def test_how_often_a_change_is_sent(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.name = "augusta"
    ada.fullname = "Countess of Lovelace"
    ada.fullname = "Lady Lovelace"

    session.commit()

    # hint: The first statement has loaded ada. Does the session have to be told of her again?
    # hint: Three values, two columns, one row: for which of these is there one statement each?
    # wrong: ["SELECT"] -- what a session has loaded it watches: no add() is needed
    # wrong: ["SELECT", "UPDATE", "UPDATE"] -- one statement sets all the columns of a row
    # wrong: ["SELECT", "UPDATE", "UPDATE", "UPDATE"] -- setting sends nothing: the flush does, once
    # why: A loaded object is watched. Its changes are collected until the flush, and go as one
    # why: UPDATE with the last value of each attribute.
    assert statements == ["SELECT", "UPDATE"]


def test_what_an_update_writes(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))
    assert ada.fullname == "Ada Lovelace"

    ada.name = "augusta"
    session.commit()

    row = observer.execute(select(User.name, User.fullname).where(User.id == 1)).one()
    # hint: ada does not know of the new fullname in her row: it was set by plain SQL.
    # hint: Does the flush write an object, or changes?
    # wrong: ("augusta", "Ada Lovelace") -- so it would be if the flush wrote the whole object back
    # wrong: ("ada", "Lady Lovelace") -- name was set, and that is enough to have it written
    # why: The UPDATE sets the columns that were set, and no other: SET name = 'augusta'. Two who
    # why: change different columns of one row do not undo each other's work.
    assert row == ("augusta", "Lady Lovelace")


def test_what_the_session_notices(session: Session, observer: Connection) -> None:
    ada, grace = session.get_one(User, 1), session.get_one(User, 2)

    ada.fullname = "Countess of Lovelace"
    vars(grace).update(fullname="Admiral Hopper")
    assert grace.fullname == "Admiral Hopper"

    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    # hint: vars(grace) is grace.__dict__, where Python keeps her attributes.
    # hint: Both users have a new value. Who has told the session of it?
    # wrong: ["Countess of Lovelace", "Admiral Hopper", "Alan Turing"] -- nobody was told of grace
    # wrong: ["Ada Lovelace", "Grace Hopper", "Alan Turing"] -- setting ada.fullname is noticed
    # why: It is the instrumented attribute that reports. What is written into __dict__ behind its
    # why: back can be read, and is never saved: fill objects from a form with setattr().
    assert fullnames == ["Countess of Lovelace", "Grace Hopper", "Alan Turing"]


def test_what_is_dirty(session: Session, statements: list[str]) -> None:
    """Ada is given the full name that she has, grace a new one, and alan none."""
    ada, grace, alan = session.scalars(select(User).order_by(User.id)).all()

    ada.fullname = "Ada Lovelace"
    grace.fullname = "Admiral Hopper"
    assert alan.fullname == "Alan Turing"

    # hint: session.dirty has to be quick, so it is not exact.
    # hint: Does it ask what an attribute was set to, or that it was set?
    # wrong: ["grace"] -- dirty does not compare values: it names what was touched
    # wrong: ["ada", "alan", "grace"] -- alan was loaded and read, and nothing of him was set
    # wrong: [] -- nothing has been flushed yet, so it is all still to be sent
    # why: dirty is optimistic: an object in which something was set is in it, whatever the value.
    # why: Only the flush compares with what was loaded, and here it sends one UPDATE.
    assert sorted(user.name for user in session.dirty) == ["ada", "grace"]

    session.flush()
    assert statements == ["SELECT", "UPDATE"]


def test_what_the_next_flush_will_update(session: Session, statements: list[str]) -> None:
    """Write `to_be_updated`: the objects for whose rows the next flush will send an UPDATE."""

    def to_be_updated(session: Session) -> list[object]:
        # hint: Only what is dirty can be UPDATEd. Which method says whether it was really changed?
        # hint: A new address changes a list of alan's, but no column. An argument leaves lists out.
        # wrong: return list(session.dirty) -- ada is there as well, and alan for his list
        # wrong: return [it for it in session.dirty if session.is_modified(it)] -- and alan
        # wrong: return list(session.new) -- that is what will be INSERTed
        # why: is_modified() compares with what was loaded. A list is no column of its owner's row:
        # why: it is the address that is written, here by an INSERT.
        return [it for it in session.dirty if session.is_modified(it, include_collections=False)]

    ada, grace, alan = session.scalars(select(User).order_by(User.id)).all()
    alan.addresses.append(Address(email="alan@bletchley.example"))
    ada.fullname = "Ada Lovelace"
    grace.fullname = "Admiral Hopper"
    statements.clear()

    assert to_be_updated(session) == [grace]
    session.flush()
    assert sorted(statements) == ["INSERT", "UPDATE"]


def test_setting_what_was_never_loaded(session: Session, statements: list[str]) -> None:
    """Product.description is deferred: it is not loaded before it is read. The compass has none."""
    compass = session.get_one(Product, 1)

    compass.description = None
    session.flush()

    # hint: NULL is in the row already. Does the session know that?
    # hint: A flush compares with what was loaded. What if that is nothing?
    # wrong: ["SELECT"] -- to leave the UPDATE out it would have to know that NULL is there
    # wrong: ["SELECT", "SELECT"] -- no attribute is loaded just to be overwritten
    # wrong: ["SELECT", "SELECT", "UPDATE"] -- the old value is not asked for, before or after
    # why: Without an old value there is nothing to compare with, so what was set counts as a
    # why: change. To set an attribute you need not load it.
    assert statements == ["SELECT", "UPDATE"]


def test_an_update_that_finds_no_row(session: Session) -> None:
    alan = session.get_one(User, 3)
    session.execute(text("DELETE FROM user_account WHERE id = 3"))

    alan.fullname = "Alan Mathison Turing"
    with pytest.raises(exc.SQLAlchemyError) as error:
        session.flush()

    # hint: For the database this is no error: it says how many rows it has updated, here none.
    # hint: One of the exceptions in orm_exc says that what was known of a row is out of date.
    # wrong: exc.NoResultFound -- that is for a query which should have found a row
    # wrong: exc.IntegrityError -- no constraint is violated: the UPDATE ran, and matched nothing
    # wrong: orm_exc.ObjectDeletedError -- that is for an attribute that cannot be loaded again
    # why: The flush counts: one row was to be updated, and there was none, so a change is lost.
    # why: Where a DELETE finds no row there is only a warning: nothing is lost by that.
    assert error.type is orm_exc.StaleDataError


def test_saving_a_change_inside_a_value(session: Session, observer: Connection) -> None:
    """Product.details is a dictionary, kept as JSON. Write `set_detail`, so that it is saved."""

    def set_detail(product: Product, key: str, value: str) -> None:
        # hint: A dictionary is no attribute: nobody is told of what happens inside it.
        # hint: Set the attribute, to a dictionary that was not there before. The old one is what
        # hint: the flush compares with: leave it as it was loaded.
        # wrong: product.details[key] = value -- changes the dictionary, sets no attribute
        # wrong: product.details = {key: value} -- is saved, and all other details are lost
        # wrong: product.details[key] = value -- adds it, but add() does not look for changes
        #        session.add(product)
        # wrong: product.details[key] = value -- copied too late: the old value equals the new one
        #        product.details = dict(product.details)
        # why: A new value is noticed, a change inside the old one is not. If you cannot avoid it,
        # why: say so with flag_modified(product, "details"), or map the column with MutableDict.
        product.details = {**product.details, key: value}

    compass = session.get_one(Product, 1)
    set_detail(compass, "metal", "brass")
    session.commit()

    details = observer.scalar(select(Product.details).where(Product.id == 1))
    assert details == {"colour": "gold", "metal": "brass"}
