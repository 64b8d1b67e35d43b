"""Refresh and expire.

Two ways to have an object read again within a transaction. expire() erases attributes, which are
loaded when somebody reads them; refresh() erases them and sends the SELECT at once. Both may be
limited to attributes that you name. For whole lists of objects there is a third way: a query that
overwrites what is loaded, with the execution option populate_existing.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#session-expire
"""

from collections.abc import Sequence

from sqlalchemy import Connection, exc, inspect, select, text
from sqlalchemy.orm import Session

from katas.models import Product, User


def test_when_the_database_is_asked(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    session.expire(ada)
    after_expire = len(statements)
    session.refresh(ada)
    after_refresh = len(statements)
    assert ada.name == "ada"
    after_reading = len(statements)

    assert (after_expire, after_refresh, after_reading) == ___


def test_what_expire_all_throws_away(session: Session) -> None:
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"
    session.add(User(name="barbara"))

    session.expire_all()

    held = (len(session.identity_map), len(session.dirty), len(session.new))
    assert held == ___


def test_whose_changes_a_refresh_saves(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    session.add(User(name="barbara"))

    session.refresh(ada)

    assert (ada.fullname, statements) == ___


def test_what_a_refresh_leaves_unloaded(session: Session) -> None:
    compass = session.get_one(Product, 1)
    assert [tag.name for tag in compass.tags] == ["brass", "travel"]
    assert compass.description is None
    attributes = {"name", "stock", "description", "tags"}
    assert attributes & inspect(compass).unloaded == set()

    session.refresh(compass)

    assert attributes & inspect(compass).unloaded == ___


def test_whom_a_session_can_refresh(session: Session, other_session: Session) -> None:
    def can_refresh(user: User) -> bool:
        try:
            session.refresh(user)
        except exc.InvalidRequestError:
            return False
        return True

    annie, barbara = User(name="annie"), User(id=40, name="barbara")
    ada, alan = session.get_one(User, 1), session.get_one(User, 3)
    grace = other_session.get_one(User, 2)
    session.execute(text("DELETE FROM user_account WHERE name = 'alan'"))
    session.add(barbara)

    users = (annie, barbara, grace, ada, alan)
    assert [user for user in users if can_refresh(user)] == ___


def test_taking_back_one_change(session: Session, observer: Connection) -> None:
    """Write `take_back`: the attribute's unsaved change is dropped, all else will be committed."""

    def take_back(user: User, attribute: str) -> None:
        ___

    ada, grace = session.get_one(User, 1), session.get_one(User, 2)
    ada.name, ada.fullname = "augusta", "Agusta King"
    grace.name, grace.fullname = "garce", "Rear Admiral Hopper"

    take_back(ada, "fullname")
    take_back(grace, "name")
    session.commit()

    rows = observer.execute(select(User.name, User.fullname).order_by(User.id)).all()
    assert rows[:2] == [("augusta", "Ada Lovelace"), ("grace", "Rear Admiral Hopper")]


def test_what_has_to_be_there_without_a_session(session: Session) -> None:
    """Load ada's fullname and her addresses anew, at once, and keep her new name."""
    ada = session.get_one(User, 1)
    assert len(ada.addresses) == 2
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))
    session.execute(text("UPDATE address SET user_id = 1 WHERE id = 3"))
    ada.name = "augusta"

    ___
    session.close()

    assert (ada.name, ada.fullname, len(ada.addresses)) == ("augusta", "Lady Lovelace", 3)


def test_products_after_a_raw_update(session: Session, statements: list[str]) -> None:
    """Write what `restock` returns: all products as they are now, by id, with one SELECT."""
    products = session.scalars(select(Product).order_by(Product.id)).all()

    def restock(amount: int) -> Sequence[Product]:
        raw = text("UPDATE product SET stock = stock + :amount")
        session.execute(raw, {"amount": amount})
        query = select(Product).order_by(Product.id)
        ___

    assert restock(5) == products
    assert [product.stock for product in products] == [15, 8]
    assert statements == ["SELECT", "UPDATE", "SELECT"]
