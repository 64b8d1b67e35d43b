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
    # hint: The fixture above records eight events. Which of them does a statement cause?
    # hint: The rows were given as dictionaries. Is there an object that could change its state?
    # wrong: ["do_orm_execute", "before_flush", "after_flush"] -- nothing is pending: no flush
    # wrong: [ -- without RETURNING there is nothing to make objects of
    #            "do_orm_execute", "loaded_as_persistent", "loaded_as_persistent"
    #        ]
    # wrong: ["do_orm_execute", "after_bulk_update"] -- that one is for the legacy Query.update()
    # wrong: [] -- a statement was executed, and the session tells of each
    # why: The dictionaries have the names of attributes, and defaults are filled in; but there are
    # why: no objects, and so no flush, no cascade, no mapper event. For very many rows that is the
    # why: fast way. The older bulk_save_objects() is legacy, and adds no objects to the session.
    assert heard == ["do_orm_execute"]


def test_inserting_rows_and_getting_objects(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Insert the rows and have a persistent object for each, in one statement."""
    rows = [{"name": "barbara"}, {"name": "annie"}]

    # hint: The database can send back what it has INSERTed. Which clause asks for that?
    # hint: Ask for the class, and not for a column of it.
    # wrong: insert(User).returning(User.id) -- numbers, and no objects
    # why: RETURNING makes objects of the new rows, ids and defaults included, without a SELECT. An
    # why: update() or a delete() can have it too. The order of the rows is the database's, unless
    # why: you ask for sort_by_parameter_order=True.
    users = session.scalars(insert(User).returning(User), rows).all()

    assert statements == ["INSERT"]
    assert all(inspect(user).persistent for user in users)
    assert {user.name for user in users} == {"barbara", "annie"}
    session.commit()
    assert {"barbara", "annie"} <= set(observer.scalars(select(User.name)))


def test_what_an_update_does_to_a_loaded_object(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    session.execute(update(User).where(User.name == "ada").values(fullname="Countess of Lovelace"))

    # hint: Unlike text(), this is a statement that the session can read.
    # hint: It has both: the objects with their names, and the condition. What is there to ask?
    # wrong: ("Ada Lovelace", ["SELECT", "UPDATE"]) -- of text() that is true: it can't be read
    # wrong: ("Countess of Lovelace", ["SELECT", "UPDATE", "SELECT"]) -- nobody had to ask again
    # wrong: ("Countess of Lovelace", ["SELECT", "SELECT", "UPDATE"]) -- no row is loaded for it
    # why: The session tries the condition on the objects that it holds, in Python, and gives those
    # why: that fit the new value. Where it cannot work out a value, it expires that attribute.
    assert (ada.fullname, statements) == ("Countess of Lovelace", ["SELECT", "UPDATE"])


def test_an_update_that_misses_an_object(session: Session) -> None:
    """The row is paid, only the object does not know it. See to it that it gets the new note."""
    purchase = session.get_one(Purchase, 1)
    session.execute(text("UPDATE purchase SET status = 'paid' WHERE id = 1"))
    send = update(Purchase).where(Purchase.status == "paid").values(note="send it today")

    # hint: The option says how the session finds the objects that the UPDATE was about.
    # hint: Tried in Python on this object, the condition is false. Who knows which rows it fits?
    # wrong: "auto" -- the default: it asks the objects first, and this one says it is "open"
    # wrong: "evaluate" -- tries the condition in Python, on the object, which says "open"
    # wrong: False -- then no object is touched at all
    # why: "fetch" has the database say which rows it has changed, by RETURNING, or by a SELECT
    # why: before the UPDATE. The default falls back on that only for conditions which Python can't
    # why: try, such as a subquery.
    session.execute(send, execution_options={"synchronize_session": "fetch"})

    assert purchase.note == "send it today"


def test_deleting_without_a_cascade(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Delete all that grace has bought, without loading it. There is a statement missing."""
    purchase = session.get_one(Purchase, 2)

    # hint: session.delete(purchase) would have seen to the items. Does a statement see to them?
    # hint: An item knows its purchase, and the purchase its user: the condition needs a subquery.
    # wrong: session.flush() -- the items still refer to the purchase: IntegrityError
    # wrong: session.execute(delete(Item)) -- ada's cards and ink are gone too
    # wrong: purchase.items.clear() -- that loads them all, to delete them one by one
    # why: A statement knows nothing of relationship(): no cascade, no orphan. Delete the children
    # why: first, or have the database do it by ON DELETE CASCADE. Loaded objects are kept in step:
    # why: they are deleted, and a rollback makes them persistent again.
    session.execute(
        delete(Item).where(Item.purchase_id.in_(select(Purchase.id).where(Purchase.user_id == 2)))
    )
    session.execute(delete(Purchase).where(Purchase.user_id == 2))

    assert statements == ["SELECT", "DELETE", "DELETE"]
    assert inspect(purchase).deleted
    session.commit()
    assert observer.scalars(select(Item.name).order_by(Item.id)).all() == ["cards", "ink"]


def test_taking_stock(session: Session, statements: list[str], observer: Connection) -> None:
    """All products have been counted. Give the UPDATE its rows, with what was counted."""
    counted = {"compass": 8, "abacus": 5}
    compass, abacus = session.scalars(select(Product).order_by(Product.id)).all()

    # hint: An UPDATE of many rows, each with its own values: a dictionary for each row.
    # hint: There is no WHERE: how is the database to know which row a dictionary is for?
    # wrong: [{"name": name, "stock": stock} for name, stock in counted.items()] -- without a key
    # wrong: [{"id": 0, "stock": counted["compass"]}] -- a row of that key there must be
    # wrong: [{"id": 1}, {"id": 2}] -- the rows are found, and nothing is set
    # why: update() with a list goes by primary key, and every row must have all of it. Loaded
    # why: objects follow. With a condition of your own it is refused: for many rows, such a
    # why: statement has to go by session.connection(), and the session learns nothing of it.
    rows = [
        {"id": compass.id, "stock": counted["compass"]},
        {"id": abacus.id, "stock": counted["abacus"]},
    ]
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

    # hint: There is a compass already, and names are unique.
    # hint: For which rows has the statement done something?
    # wrong: ["compass", "sextant"] -- of a row that was there, nothing is done and nothing returned
    # wrong: ["compass"] -- that one was skipped
    # wrong: [] -- the sextant was inserted
    # why: RETURNING has the rows that were really inserted: for the others a SELECT is needed.
    # why: What is sent like this goes past the unit of work: no mapper event, no version counter.
    assert names == ["sextant"]


@pytest.mark.only_on("sqlite", "postgresql")
def test_receiving_goods(session: Session, engine: Engine, observer: Connection) -> None:
    """Write `receive`: what we have gets more stock, what is new is inserted, in one statement."""
    compass = session.get_one(Product, 1)

    def receive(goods: list[dict[str, Any]]) -> None:
        statement = insert_product(engine)
        # hint: In on_conflict_do_update(), statement.excluded has the row that was to be inserted.
        # hint: Product.stock is what is there. The sum of the two is what set_ needs.
        # hint: Loaded objects follow if their rows come back, and are allowed to overwrite them.
        # wrong: session.execute(statement, goods) -- there is a compass: IntegrityError
        # wrong: for row in goods: -- merge() goes by primary key, and these have none
        #            session.merge(Product(**row))
        #        session.flush()
        # wrong: upsert = statement.on_conflict_do_update( -- this row only: ten compasses are lost
        #            index_elements=[Product.name], set_={"stock": statement.excluded.stock}
        #        ).returning(Product)
        #        options = {"populate_existing": True}
        #        session.scalars(upsert, goods, execution_options=options).all()
        # wrong: upsert = statement.on_conflict_do_update( -- in the row, but not in the object
        #            index_elements=[Product.name],
        #            set_={"stock": Product.stock + statement.excluded.stock},
        #        )
        #        session.execute(upsert, goods)
        # wrong: upsert = statement.on_conflict_do_update( -- a loaded attribute is left as it is
        #            index_elements=[Product.name],
        #            set_={"stock": Product.stock + statement.excluded.stock},
        #        ).returning(Product)
        #        session.scalars(upsert, goods).all()
        # why: An upsert is one statement, so nobody can come in between. The session can't know
        # why: which rows were there: RETURNING brings them all, and populate_existing lets them
        # why: overwrite what was loaded. MariaDB has on_duplicate_key_update() for it.
        upsert = statement.on_conflict_do_update(
            index_elements=[Product.name],
            set_={"stock": Product.stock + statement.excluded.stock},
        ).returning(Product)
        session.scalars(upsert, goods, execution_options={"populate_existing": True}).all()

    receive([{"name": "compass", "stock": 5}, {"name": "sextant", "stock": 4}])

    assert compass.stock == 15
    session.commit()
    products = observer.execute(select(Product.name, Product.stock).order_by(Product.id)).all()
    assert products == [("compass", 15), ("abacus", 3), ("sextant", 4)]
