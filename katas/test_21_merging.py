"""merge().

merge() copies. What is set in an object, whether that is transient, detached or in another
session, it sets in this session's own object for the same primary key, which it loads or makes if
need be, and returns. The objects that the given one refers to are merged in the same way.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#merging
"""

import pytest
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, Product, User


def test_which_object_is_saved(session: Session, observer: Connection) -> None:
    form = User(id=1, fullname="Countess of Lovelace")

    session.merge(form)
    form.fullname = "Lady Lovelace"
    session.commit()

    assert inspect(form).___
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == ___


def test_a_copy_of_what_is_loaded(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """The change was made in a detached copy, but `session` has an ada already. Save it there."""
    ada = session.get_one(User, 1)
    changed = other_session.get_one(User, 1)
    other_session.close()
    changed.fullname = "Countess of Lovelace"

    ___
    session.commit()

    assert ada.fullname == "Countess of Lovelace"
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_what_is_asked_and_what_is_sent(session: Session, statements: list[str]) -> None:
    def sent_by_merge(user: User) -> list[str]:
        statements.clear()
        session.merge(user)
        session.flush()
        return list(statements)

    assert sent_by_merge(User(id=1, fullname="Countess of Lovelace")) == ___
    assert sent_by_merge(User(id=9, name="barbara")) == ___
    assert sent_by_merge(User(name="annie")) == ___


def test_what_an_empty_field_means(session: Session, observer: Connection) -> None:
    form = User(id=1, fullname=None)
    assert form.name is None

    session.merge(form)
    session.commit()

    row = observer.execute(select(User.name, User.fullname).where(User.id == 1)).one()
    assert row == ___


def test_what_becomes_of_a_list(session: Session, observer: Connection) -> None:
    form = User(id=1, addresses=[Address(id=1), Address(email="ada@work.example")])

    session.merge(form)
    session.commit()

    assert observer.scalars(select(Address.user_id).order_by(Address.id)).all() == ___


def test_one_cached_object_for_many_sessions(
    engine: Engine, session: Session, other_session: Session, statements: list[str]
) -> None:
    """Write `from_cache`: each session has an ada of its own, and nobody asks the database."""
    with Session(engine) as loader:
        cached = loader.get_one(User, 1)

    def from_cache(session: Session) -> User:
        ___

    mine, theirs = from_cache(session), from_cache(other_session)

    assert (mine.name, theirs.name) == ("ada", "ada")
    assert mine in session
    assert theirs in other_session
    assert statements == ["SELECT"]


@pytest.mark.since("2.1")
def test_saving_a_delivery(session: Session, observer: Connection) -> None:
    """Product 1 is known, product 3 is not. Save them, in one call."""
    delivery = [Product(id=1, stock=30), Product(id=3, name="sundial", stock=5)]

    ___
    session.commit()

    rows = observer.execute(select(Product.name, Product.stock).order_by(Product.id)).all()
    assert rows == [("compass", 30), ("abacus", 3), ("sundial", 5)]


def test_a_user_from_another_session(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """A background job has a session of its own. Give the address a user of that session."""

    def save_address(user: User, email: str) -> None:
        with Session(engine) as own_session:
            address = Address(email=email, user=___)
            own_session.add(address)
            own_session.commit()

    save_address(session.get_one(User, 3), "alan@bletchley.example")

    emails = observer.scalars(select(Address.email).where(Address.user_id == 3)).all()
    assert emails == ["alan@bletchley.example"]
