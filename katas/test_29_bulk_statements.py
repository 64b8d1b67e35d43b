"""Bulk statements.

insert(), update() and delete() of a mapped class are executed like a select(). They are for many
rows at once: one statement, no unit of work, no cascades. The session is not left out entirely:
it can return objects for the rows, and it brings the objects that it holds in line with what an
update() or a delete() has done. They are not committed before you commit.

https://docs.sqlalchemy.org/en/21/orm/queryguide/dml.html
"""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, insert, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from katas.models import Item, Product, Purchase, User


@pytest.fixture
def heard(session: Session) -> list[str]:
    """The session's events, as they happen."""
    events = (
        *("do_orm_execute", "before_flush", "after_flush"),
        *("transient_to_pending", "pending_to_persistent", "loaded_as_persistent"),
        *("after_bulk_update", "after_bulk_delete"),
    )
    heard: list[str] = []
    for name in events:
        event.listen(session, name, lambda *_, name=name: heard.append(name))
    return heard


def insert_product(engine: Engine) -> sqlite.Insert | postgresql.Insert:
    """The insert() of the database's own dialect: sqlalchemy.insert() has no ON CONFLICT."""
    if engine.dialect.name == "postgresql":
        return postgresql.insert(Product)
    return sqlite.insert(Product)


def test_who_hears_of_a_bulk_insert(
    session: Session, heard: list[str], observer: Connection
) -> None:
    session.execute(insert(Purchase), [{"user_id": 3}, {"user_id": 3, "note": "a gift"}])
    session.commit()

    notes = observer.scalars(select(Purchase.note).order_by(Purchase.id)).all()
    assert notes[2:] == ["no hurry", "a gift"]
    assert heard == ___


def test_inserting_rows_and_getting_objects(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Insert the rows and have a persistent object for each, in one statement."""
    rows = [{"name": "barbara"}, {"name": "annie"}]

    users = session.scalars(___, rows).all()

    assert statements == ["INSERT"]
    assert all(inspect(user).persistent for user in users)
    assert {user.name for user in users} == {"barbara", "annie"}
    session.commit()
    assert {"barbara", "annie"} <= set(observer.scalars(select(User.name)))


def test_what_an_update_does_to_a_loaded_object(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    session.execute(update(User).where(User.name == "ada").values(fullname="Countess of Lovelace"))

    assert (ada.fullname, statements) == ___


def test_an_update_that_misses_an_object(session: Session) -> None:
    """The row is paid, only the object does not know it. See to it that it gets the new note."""
    purchase = session.get_one(Purchase, 1)
    session.execute(text("UPDATE purchase SET status = 'paid' WHERE id = 1"))
    send = update(Purchase).where(Purchase.status == "paid").values(note="send it today")

    session.execute(send, execution_options={"synchronize_session": ___})

    assert purchase.note == "send it today"


def test_deleting_without_a_cascade(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Delete all that grace has bought, without loading it. There is a statement missing."""
    purchase = session.get_one(Purchase, 2)

    ___
    session.execute(delete(Purchase).where(Purchase.user_id == 2))

    assert statements == ["SELECT", "DELETE", "DELETE"]
    assert inspect(purchase).deleted
    session.commit()
    assert observer.scalars(select(Item.name).order_by(Item.id)).all() == ["cards", "ink"]


def test_taking_stock(session: Session, statements: list[str], observer: Connection) -> None:
    """All products have been counted. Give the UPDATE its rows, with what was counted."""
    counted = {"compass": 8, "abacus": 5}
    compass, abacus = session.scalars(select(Product).order_by(Product.id)).all()

    rows = ___
    session.execute(update(Product), rows)

    assert (compass.stock, abacus.stock) == (8, 5)
    assert statements == ["SELECT", "UPDATE"]
    session.commit()
    assert observer.scalars(select(Product.stock).order_by(Product.id)).all() == [8, 5]


@pytest.mark.only_on("sqlite", "postgresql")
def test_what_comes_back_of_rows_that_were_there(session: Session, engine: Engine) -> None:
    rows = [{"name": "compass", "stock": 5}, {"name": "sextant", "stock": 4}]
    skip = insert_product(engine).on_conflict_do_nothing(index_elements=[Product.name])

    names = session.scalars(skip.returning(Product.name), rows).all()

    assert names == ___


@pytest.mark.only_on("sqlite", "postgresql")
def test_receiving_goods(session: Session, engine: Engine, observer: Connection) -> None:
    """Write `receive`: what we have gets more stock, what is new is inserted, in one statement."""
    compass = session.get_one(Product, 1)

    def receive(goods: list[dict[str, Any]]) -> None:
        statement = insert_product(engine)
        ___

    receive([{"name": "compass", "stock": 5}, {"name": "sextant", "stock": 4}])

    assert compass.stock == 15
    session.commit()
    products = observer.execute(select(Product.name, Product.stock).order_by(Product.id)).all()
    assert products == [("compass", 15), ("abacus", 3), ("sextant", 4)]
