"""Detaching.

An object that has a row but no session is detached. It is what close(), expunge() and pickle
leave you with: an ordinary Python object, with whatever had been loaded into it, that nobody
saves and nobody loads any more. It may join a session again, as long as it is in no other one.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#expunging
"""

import pickle

from sqlalchemy import Connection, Engine, inspect, orm, select
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Product, User


def test_what_expunge_takes_out(session: Session) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"

    session.expunge(ada)
    found = session.get_one(User, 1)

    assert (ada.fullname, found.fullname) == ___


def test_who_leaves_with_a_user(session: Session) -> None:
    ada = session.get_one(User, 1)
    assert (len(ada.addresses), len(ada.purchases)) == (2, 1)

    session.expunge(ada)

    assert {type(thing).__name__ for thing in session} == ___


def test_what_can_be_read_without_a_session(session: Session) -> None:
    compass = session.get_one(Product, 1)
    assert len(compass.reviews) == 2
    session.close()

    def can_be_read(name: str) -> bool:
        try:
            getattr(compass, name)
        except orm_exc.DetachedInstanceError:
            return False
        return True

    names = ["name", "description", "tags", "reviews"]
    assert [name for name in names if can_be_read(name)] == ___


def test_a_list_that_outlives_the_session(engine: Engine) -> None:
    """The addresses are read when the session is gone. See to it that the query loads them."""
    query = select(User).where(User.name == "ada")

    with Session(engine) as session:
        ada = session.scalars(query.options(___)).one()

    assert inspect(ada).detached
    assert [address.id for address in ada.addresses] == [1, 2]


def test_what_an_object_from_a_cache_knows(session: Session, other_session: Session) -> None:
    cached = pickle.dumps(session.get_one(User, 1))
    session.close()
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    ada: User = pickle.loads(cached)
    assert inspect(ada).___

    session.add(ada)

    assert ada.fullname == ___


def test_handing_an_object_to_another_session(
    session: Session, other_session: Session, statements: list[str], observer: Connection
) -> None:
    """One session has loaded and changed ada, the other is to save her. Make way for that."""
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"

    ___
    other_session.add(ada)
    other_session.commit()

    assert statements == ["SELECT", "UPDATE"]
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_a_change_without_reading_first(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """There is a user 1, and that is all you need to know. Make `ada` an object that has a row."""
    ada = User(id=1)

    ___
    session.add(ada)
    ada.fullname = "Countess of Lovelace"
    session.commit()

    assert statements == ["UPDATE"]
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_copying_a_row(session: Session, other_session: Session) -> None:
    """Write `copy_of`: a new product, with the stock and the tags of the old one."""

    def copy_of(product: Product, name: str) -> Product:
        ___

    compass = session.get_one(Product, 1)
    session.add(copy_of(compass, "pocket compass"))
    session.commit()

    products = other_session.scalars(select(Product).order_by(Product.id)).all()
    assert [(product.name, product.stock, len(product.tags)) for product in products] == [
        ("compass", 10, 2),
        ("abacus", 3, 1),
        ("pocket compass", 10, 2),
    ]
