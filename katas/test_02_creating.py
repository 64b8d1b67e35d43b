"""Creating.

A new object is an ordinary Python object: transient. add() makes it pending, which is a note that
the session takes and no more. A flush turns the note into an INSERT, and the object is persistent
from then on: it has a row, and a primary key. commit() flushes first, so that often nobody else
has to. Until the commit, nobody but this session sees the row.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#adding-new-or-existing-items
"""

import pytest
from sqlalchemy import Connection, exc, select, sql
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Address, Category, Purchase, User


def test_when_a_new_object_has_its_key(session: Session) -> None:
    barbara = User(name="barbara")
    keys = [barbara.id]
    session.add(barbara)
    keys.append(barbara.id)
    session.flush()
    keys.append(barbara.id)

    assert keys == ___


def test_what_the_insert_says(
    session: Session, statements: list[str], observer: Connection
) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    barbara.fullname = "Barbara Liskov"
    session.commit()

    fullname = observer.scalar(select(User.fullname).where(User.name == "barbara"))
    assert (statements, fullname) == ___


def test_what_add_all_makes_of_each(session: Session) -> None:
    ada = session.get_one(User, 1)
    barbara, frances = User(name="barbara"), User(name="frances")

    with pytest.raises(orm_exc.UnmappedInstanceError):
        session.add_all([ada, barbara, barbara, {"name": "kathleen"}, frances])

    assert [user.name for user in session.new] == ___


def test_when_the_defaults_are_filled_in(session: Session, statements: list[str]) -> None:
    """Purchase.status has the default "open". placed_at is filled in by the database."""
    purchase = Purchase(user_id=3)
    session.add(purchase)
    status = [purchase.status]
    session.flush()
    status.append(purchase.status)

    assert purchase.placed_at is not None
    assert (status, statements) == ___


def test_a_purchase_without_a_note(session: Session, observer: Connection) -> None:
    """Purchase.note has the default "no hurry". See to it that this row has NULL there."""
    session.add(Purchase(user_id=3, note=___))
    session.commit()

    assert observer.scalars(select(Purchase.note).order_by(Purchase.id)).all()[2:] == [None]


def test_who_comes_first(session: Session, observer: Connection) -> None:
    instruments = Category(name="instruments")
    navigation = Category(name="navigation", parent=instruments)
    compasses = Category(name="compasses", parent=navigation)

    session.add_all([compasses, instruments, navigation])
    session.commit()

    in_order = observer.scalars(select(Category.name).order_by(Category.id)).all()
    assert in_order == ___


def test_adding_a_key_that_exists(session: Session, statements: list[str]) -> None:
    session.add(User(id=1, name="augusta"))

    with pytest.raises(exc.IntegrityError):
        session.commit()

    assert statements == ___


def test_registering_a_user(session: Session, observer: Connection) -> None:
    """Write `register`: it saves user and address, and returns the user's id, but never commits."""

    def register(name: str, email: str) -> int:
        ___

    register("annie", "annie@harvard.example")
    session.rollback()
    barbara_id = register("barbara", "barbara@mit.example")
    session.commit()

    new = select(User.id, User.name, Address.email).join(User.addresses).where(User.id > 3)
    assert observer.execute(new).all() == [(barbara_id, "barbara", "barbara@mit.example")]
