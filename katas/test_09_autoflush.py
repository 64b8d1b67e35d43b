"""Autoflush.

Before it runs a statement, a session first flushes what is pending, so that the statement finds
it. The flush is of everything, not only of the table in question. It happens when SQL is about
to be sent, wherever that is: at a query, at an attribute that has to be loaded. Neither add()
nor a change sends anything by itself.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#flushing
"""

import pytest
from sqlalchemy import Connection, Engine, exc, func, select, text
from sqlalchemy.orm import Session

from katas.models import Address, Item, Purchase, User


def test_what_is_sent_by_add_and_by_a_query(session: Session, statements: list[str]) -> None:
    session.add(User(name="barbara"))
    sent_by_add = list(statements)

    session.scalars(select(Address)).all()

    assert (sent_by_add, statements) == ___


def test_what_does_and_what_does_not_flush(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    ada.fullname = "Countess of Lovelace"
    session.get_one(User, 1)
    session.get_one(User, 2)

    assert statements == ___


def test_what_reading_an_attribute_can_send(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    session.add(User(name="barbara"))

    assert len(ada.addresses) == 2

    assert statements == ___


@pytest.mark.since("2.1")
def test_two_ways_to_send_raw_sql(session: Session) -> None:
    count = text("SELECT count(*) FROM user_account")
    session.add(User(name="barbara"))

    by_connection = session.connection().scalar(count)
    by_session = session.scalar(count)

    assert (by_connection, by_session) == ___


def test_what_is_left_when_autoflush_is_off(engine: Engine, observer: Connection) -> None:
    count = select(func.count(User.id))

    with Session(engine, autoflush=False) as session:
        session.add(User(name="barbara"))
        seen_by_session = session.scalar(count)
        session.commit()

    assert (seen_by_session, observer.scalar(count)) == ___


def test_what_fails_at_an_innocent_query(session: Session, statements: list[str]) -> None:
    session.add(Purchase())

    with pytest.raises(exc.IntegrityError):
        session.scalars(select(User).where(User.name == "ada")).one()

    assert statements == ___


def test_finishing_an_object_before_it_is_flushed(session: Session, observer: Connection) -> None:
    """The purchase is not ready when ada is looked up. Keep it from being flushed there."""
    purchase = Purchase(items=[Item(name="compass")])
    session.add(purchase)

    with ___:
        purchase.user = session.scalars(select(User).where(User.name == "ada")).one()
    session.commit()

    buyers = observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all()
    assert buyers == [1, 2, 1]


def test_one_query_that_does_not_flush(session: Session, observer: Connection) -> None:
    """Look up the buyer in one expression. This query, and no other, must not flush."""

    def buy(buyer: str, thing: str) -> None:
        purchase = Purchase(items=[Item(name=thing)])
        session.add(purchase)
        purchase.user = ___

    buy("alan", "tape")
    session.commit()

    assert observer.scalars(select(Item.name).order_by(Item.id)).all()[-1] == "tape"
    assert observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all() == [1, 2, 3]
