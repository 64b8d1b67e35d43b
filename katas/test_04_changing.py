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

    assert statements == ___


def test_what_an_update_writes(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))
    assert ada.fullname == "Ada Lovelace"

    ada.name = "augusta"
    session.commit()

    row = observer.execute(select(User.name, User.fullname).where(User.id == 1)).one()
    assert row == ___


def test_what_the_session_notices(session: Session, observer: Connection) -> None:
    ada, grace = session.get_one(User, 1), session.get_one(User, 2)

    ada.fullname = "Countess of Lovelace"
    vars(grace).update(fullname="Admiral Hopper")
    assert grace.fullname == "Admiral Hopper"

    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ___


def test_what_is_dirty(session: Session, statements: list[str]) -> None:
    """Ada is given the full name that she has, grace a new one, and alan none."""
    ada, grace, alan = session.scalars(select(User).order_by(User.id)).all()

    ada.fullname = "Ada Lovelace"
    grace.fullname = "Admiral Hopper"
    assert alan.fullname == "Alan Turing"

    assert sorted(user.name for user in session.dirty) == ___

    session.flush()
    assert statements == ["SELECT", "UPDATE"]


def test_what_the_next_flush_will_update(session: Session, statements: list[str]) -> None:
    """Write `to_be_updated`: the objects for whose rows the next flush will send an UPDATE."""

    def to_be_updated(session: Session) -> list[object]:
        ___

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

    assert statements == ___


def test_an_update_that_finds_no_row(session: Session) -> None:
    alan = session.get_one(User, 3)
    session.execute(text("DELETE FROM user_account WHERE id = 3"))

    alan.fullname = "Alan Mathison Turing"
    with pytest.raises(exc.SQLAlchemyError) as error:
        session.flush()

    assert error.type is ___


def test_saving_a_change_inside_a_value(session: Session, observer: Connection) -> None:
    """Product.details is a dictionary, kept as JSON. Write `set_detail`, so that it is saved."""

    def set_detail(product: Product, key: str, value: str) -> None:
        ___

    compass = session.get_one(Product, 1)
    set_detail(compass, "metal", "brass")
    session.commit()

    details = observer.scalar(select(Product.details).where(Product.id == 1))
    assert details == {"colour": "gold", "metal": "brass"}
