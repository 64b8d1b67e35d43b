"""Rollback after flush.

A rollback undoes the transaction in the database, and the session follows: what was inserted
leaves it, what was deleted comes back, and what it knew of any row is expired. It does so by
asking the database again. It has kept no copies, so it is no undo for your Python objects.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#rolling-back
"""

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, User


def test_what_becomes_of_an_inserted_object(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    assert inspect(barbara).persistent

    session.rollback()

    assert inspect(barbara).___


def test_what_an_inserted_object_remembers(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    assert (barbara.id, inspect(barbara).identity) == (4, (4,))

    session.rollback()

    assert (barbara.id, inspect(barbara).identity) == ___


def test_what_becomes_of_a_deleted_object(session: Session) -> None:
    alan = session.get_one(User, 3)
    session.delete(alan)
    session.flush()
    assert inspect(alan).deleted

    session.rollback()

    assert inspect(alan).___


def test_where_the_old_value_comes_from(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    session.flush()

    session.rollback()

    assert ada.fullname == "Ada Lovelace"
    assert statements == ___


def test_what_is_expired_by_a_rollback(engine: Engine, statements: list[str]) -> None:
    session = Session(engine, expire_on_commit=False)
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"

    session.rollback()

    assert [user.name for user in users] == ["ada", "grace", "alan"]
    assert len(statements) == ___


def test_what_rollback_does_not_undo(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    barbara.name = "Barbara Liskov"

    session.rollback()

    assert barbara.name == ___


def test_how_far_back_a_rollback_goes(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Augusta Ada King"
    session.commit()
    ada.fullname = "Lady Lovelace"
    session.flush()
    ada.fullname = "Countess of Lovelace"

    session.rollback()

    in_the_database = observer.scalar(select(User.fullname).where(User.id == 1))
    assert (ada.fullname, in_the_database) == ___


def test_adding_again_what_was_rolled_back(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """Barbara was rolled back, and her id has gone to annie. Save barbara all the same."""
    barbara = User(name="barbara", addresses=[Address(email="barbara@mit.example")])
    session.add(barbara)
    session.flush()
    session.rollback()
    other_session.add(User(id=barbara.id, name="annie"))
    other_session.commit()

    ___
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["annie", "barbara"]
