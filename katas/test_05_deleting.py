"""Deleting objects.

delete() tells the session that an object's row is to go. It comes about in steps: the session
takes note, a flush sends its work to the database, and a commit, which begins with a flush, makes
that final. What becomes of the rows that refer to this one is a part of the work. The Python
object is another matter: it lives on for as long as you refer to it.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#deleting
"""

import pytest
from sqlalchemy import Connection, exc, func, select
from sqlalchemy.orm import Session

from katas.models import Account, Address, User


def test_how_far_a_delete_has_come(
    session: Session, statements: list[str], observer: Connection
) -> None:
    account = session.get_one(Account, 1)
    statements.clear()

    session.delete(account)
    sent_by_delete = list(statements)
    session.flush()

    left_for_others = observer.scalar(select(func.count(Account.id)))
    assert (sent_by_delete, left_for_others) == ___


def test_what_the_list_of_a_parent_shows(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.delete(ada.addresses[0])

    session.flush()
    after_flush = len(ada.addresses)
    session.commit()
    after_commit = len(ada.addresses)

    assert (after_flush, after_commit) == ___


def test_what_it_takes_to_delete_a_parent(session: Session, statements: list[str]) -> None:
    """An address may be without a user. Nothing in the models says that it goes with him."""
    session.add(Address(email="alan@bletchley.example", user_id=3))
    session.flush()
    alan = session.get_one(User, 3)
    statements.clear()

    session.delete(alan)
    session.flush()

    assert set(statements) == ___


def test_changing_your_mind_before_the_flush(session: Session, observer: Connection) -> None:
    """Alan is to stay, and to be changed. Take back the delete, and nothing but the delete."""
    ada, alan = session.get_one(User, 1), session.get_one(User, 3)
    ada.fullname = "Countess of Lovelace"
    session.delete(alan)

    ___
    alan.fullname = "Alan Mathison Turing"
    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Countess of Lovelace", "Grace Hopper", "Alan Mathison Turing"]


def test_an_object_that_was_never_saved(session: Session, observer: Connection) -> None:
    """Barbara is not to be saved after all. Take her out, and nothing else."""
    ada = session.get_one(User, 1)
    barbara = User(name="barbara", fullname="Barbara Liskov")
    session.add(barbara)
    ada.fullname = "Countess of Lovelace"

    ___
    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Countess of Lovelace", "Grace Hopper", "Alan Turing"]


def test_putting_back_what_was_deleted(session: Session, observer: Connection) -> None:
    """Alan was deleted in error, and it is committed. Give him his row back, just as it was."""
    alan = session.get_one(User, 3)
    session.delete(alan)
    session.commit()
    with pytest.raises(exc.InvalidRequestError, match="has been deleted"):
        session.add(alan)

    ___
    session.commit()

    row = observer.execute(select(User.id, User.fullname).where(User.name == "alan")).one()
    assert row == (3, "Alan Turing")


@pytest.mark.since("2.1")
def test_deleting_several_objects(session: Session, observer: Connection) -> None:
    """Delete all addresses of ada's, and no others, in one call."""
    ada = session.get_one(User, 1)

    ___
    session.commit()

    assert observer.scalars(select(Address.email)).all() == ["grace@navy.example"]


def test_deleting_by_id(session: Session, observer: Connection) -> None:
    """Write `delete_user`, for a web page's delete button. Return whether there was such a user."""

    def delete_user(user_id: int) -> bool:
        ___

    assert (delete_user(2), delete_user(99)) == (True, False)

    session.commit()
    assert observer.scalars(select(User.name).order_by(User.id)).all() == ["ada", "alan"]
