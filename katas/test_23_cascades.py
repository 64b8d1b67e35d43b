"""Cascades.

What you do to one object, a relationship can pass on to the objects that it refers to. Its cascade
says what: by default add() and merge(), and nothing else. In the models here User.addresses has
the default, User.purchases has "all", and Purchase.items has "all, delete-orphan", since an item
is a part of its purchase.

https://docs.sqlalchemy.org/en/21/orm/cascades.html
"""

import pytest
from sqlalchemy import Connection, exc, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, Item, Purchase, User


def test_what_one_add_brings_along(session: Session) -> None:
    compass = Item(name="compass")
    ruler = Item(name="ruler")
    barbara = User(name="barbara", purchases=[Purchase(items=[compass, ruler])])

    session.add(barbara)

    assert len(session.new) == ___


def test_which_side_of_a_relationship_saves(session: Session) -> None:
    alan = session.get_one(User, 3)
    at_bletchley = Address(email="alan@bletchley.example")
    at_manchester = Address(email="alan@manchester.example")

    alan.addresses.append(at_bletchley)
    at_manchester.user = alan

    assert alan.addresses == [at_bletchley, at_manchester]
    assert list(session.new) == ___


def test_an_address_that_would_be_lost(session: Session, observer: Connection) -> None:
    """The address knows its user. See to it that the commit saves it, in one call."""
    alan = session.get_one(User, 3)
    address = Address(email="alan@bletchley.example", user=alan)

    ___
    session.commit()

    emails = observer.scalars(select(Address.email).where(Address.user_id == 3)).all()
    assert emails == ["alan@bletchley.example"]


def test_what_is_left_of_the_children(session: Session, observer: Connection) -> None:
    grace = session.get_one(User, 2)

    session.delete(grace)
    session.commit()

    assert observer.scalars(select(Address.user_id).order_by(Address.id)).all() == ___


def test_what_a_delete_takes_along(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)

    session.delete(ada)
    session.commit()

    assert observer.scalars(select(Item.name).order_by(Item.id)).all() == ___


def test_what_taking_out_of_a_list_means(session: Session, statements: list[str]) -> None:
    """User.purchases has the cascade "all": that includes delete, but not delete-orphan."""
    grace = session.get_one(User, 2)
    grace.purchases.clear()

    with pytest.raises(exc.IntegrityError):
        session.flush()

    assert statements[-1] == ___


def test_what_becomes_of_an_orphan(session: Session) -> None:
    """Purchase.items has the cascade "all, delete-orphan"."""
    purchase = session.get_one(Purchase, 1)
    cards = purchase.items[0]
    purchase.items.remove(cards)
    assert cards not in session.deleted

    session.flush()

    assert inspect(cards).___


def test_moving_a_child_to_another_parent(session: Session, observer: Connection) -> None:
    """Move the cards from ada's purchase to grace's. Mind the cascade: "all, delete-orphan"."""
    adas, graces = session.get_one(Purchase, 1), session.get_one(Purchase, 2)
    cards = adas.items[0]

    ___
    session.commit()

    items = observer.execute(select(Item.name, Item.purchase_id).order_by(Item.id)).all()
    assert items == [("cards", 2), ("ink", 1), ("clock", 2)]
