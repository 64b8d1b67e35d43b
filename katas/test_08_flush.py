"""Flush: the unit of work.

Until it flushes, a session only takes notes: which object is new, which has changed, which is to
be deleted. A flush works out from them the INSERTs, UPDATEs and DELETEs, and sends all of them,
in an order of its own and inside the transaction. commit() flushes by itself; you do it where the
order matters, or where you need what only the database can tell.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#flushing
"""

import pytest
from sqlalchemy import Connection, exc, func, select
from sqlalchemy.orm import Session

from katas.models import Account, Address, Rating, User


def test_who_sees_what_was_flushed(session: Session, observer: Connection) -> None:
    count = select(func.count(User.id))
    session.add(User(name="barbara"))

    session.flush()

    assert (session.scalar(count), observer.scalar(count)) == ___


def test_flushing_when_there_is_nothing_to_send(session: Session, statements: list[str]) -> None:
    session.flush()
    begun_by_the_first_flush = session.in_transaction()
    session.add(User(name="barbara"))

    session.flush()
    session.flush()

    assert (begun_by_the_first_flush, statements) == ___


def test_in_which_order_a_flush_works(session: Session, statements: list[str]) -> None:
    at_work, at_home = session.get_one(Address, 1), session.get_one(Address, 2)

    session.delete(at_work)
    session.add(Address(email="ada@club.example"))
    at_home.email = "ada@garden.example"
    session.flush()

    assert statements[2:] == ___


def test_what_the_new_account_inherits(session: Session, observer: Connection) -> None:
    session.delete(session.get_one(Account, 1))
    session.add(Account(id=1, owner="barbara"))

    session.commit()

    row = observer.execute(select(Account.owner, Account.balance).where(Account.id == 1)).one()
    assert row == ___


def test_whom_one_refused_row_takes_along(session: Session) -> None:
    barbara, impostor = User(name="barbara"), User(name="ada")
    session.add(barbara)
    session.flush()
    session.add(impostor)

    with pytest.raises(exc.IntegrityError):
        session.flush()

    assert list(session) == ___


def test_handing_on_a_unique_name(session: Session, observer: Connection) -> None:
    """Names are unique. Make way for the new alan before he is added, and commit nothing yet."""
    alan = select(User.fullname).where(User.name == "alan")
    session.delete(session.get_one(User, 3))

    ___
    session.add(User(name="alan", fullname="Alan Kay"))
    session.flush()

    assert observer.scalar(alan) == "Alan Turing"
    session.commit()
    assert observer.scalar(alan) == "Alan Kay"


def test_swapping_unique_names(session: Session, observer: Connection) -> None:
    """Names are unique. Write `swap_names`: each user gets the other's. It commits nothing."""

    def swap_names(one: User, other: User) -> None:
        ___

    ada, grace, alan = session.scalars(select(User).order_by(User.id))
    names = select(User.name).order_by(User.id)

    swap_names(alan, ada)
    session.flush()
    swap_names(ada, grace)

    assert observer.scalars(names).all() == ["ada", "grace", "alan"]
    session.commit()
    assert observer.scalars(names).all() == ["grace", "alan", "ada"]


def test_a_child_without_a_relationship(session: Session, observer: Connection) -> None:
    """Rating has foreign keys, but no relationship(). Write `rate`: a new user rates product 1.

    It adds the user and the rating, and leaves the commit to its caller.
    """

    def rate(name: str, stars: int) -> None:
        ___

    raters = select(User.name).join(Rating, Rating.user_id == User.id)
    rate("barbara", 5)
    session.flush()

    assert observer.scalar(select(func.count(User.id))) == 3
    session.commit()
    assert observer.scalars(raters).all() == ["barbara"]
