"""The failed flush.

When a flush fails, the whole transaction is rolled back in the database at once, whatever else
was in it. The session stays in that dead transaction until it is told that you know: with
rollback(), or by leaving the block of begin(). Until then it refuses to work, and says so with
PendingRollbackError, which quotes the error that came first.

https://docs.sqlalchemy.org/en/21/faq/sessions.html#faq-session-rollback
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import Connection, exc, insert, inspect, select
from sqlalchemy.orm import Session

from katas.models import User


def is_refused(use: Callable[[], object]) -> bool:
    try:
        use()
    except exc.PendingRollbackError:
        return True
    return False


def test_what_is_refused_until_rollback(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.add(User(name="ada"))
    with pytest.raises(exc.IntegrityError):
        session.flush()
    assert (session.in_transaction(), session.is_active) == (True, False)

    uses: dict[str, Callable[[], object]] = {
        "select": lambda: session.scalars(select(User)).all(),
        "ada.name": lambda: ada.name,
        "flush": lambda: session.flush(),
        "commit": lambda: session.commit(),
        "new": lambda: session.new,
    }
    refused = {name for name, use in uses.items() if is_refused(use)}

    assert refused == ___


def test_saving_the_others_after_all(session: Session, observer: Connection) -> None:
    """Only one of the two could not be saved, and is mended now. See that both are saved."""
    annie, barbara = User(name="annie"), User(name="ada")
    session.add_all([annie, barbara])
    with pytest.raises(exc.IntegrityError):
        session.flush()

    session.rollback()
    barbara.name = "barbara"
    ___
    session.commit()

    names = observer.scalars(select(User.name).order_by(User.name)).all()
    assert names == ["ada", "alan", "annie", "barbara", "grace"]


def test_mending_a_change(session: Session, observer: Connection) -> None:
    """The name is taken. Rename grace to "hopper" instead, and let the commit below save it."""
    grace = session.get_one(User, 2)
    grace.name = "ada"
    with pytest.raises(exc.IntegrityError):
        session.flush()

    ___
    session.commit()

    assert observer.scalar(select(User.name).where(User.id == 2)) == "hopper"


def test_which_errors_deactivate_a_session(session: Session) -> None:
    active: list[bool] = []

    with pytest.raises(exc.NoResultFound):
        session.get_one(User, 99)
    active.append(session.is_active)

    with pytest.raises(exc.IntegrityError):
        session.execute(insert(User).values(name="ada"))
    active.append(session.is_active)
    session.rollback()

    session.add(User(name="ada"))
    with pytest.raises(exc.IntegrityError):
        session.flush()
    active.append(session.is_active)

    assert active == ___


@pytest.mark.only_on("postgresql")
def test_going_on_after_a_refused_statement(session: Session, observer: Connection) -> None:
    """Write `insert_ada`: an insert() is refused, since there is an ada. The others are saved.

    SQLite and MariaDB take back a refused statement, and go on. PostgreSQL does not go on.
    """
    session.add(User(name="barbara"))
    session.flush()

    def insert_ada() -> None:
        ___

    with pytest.raises(exc.IntegrityError):
        insert_ada()
    assert session.is_active
    session.add(User(name="annie"))
    session.commit()

    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names[3:] == ["barbara", "annie"]


def test_naming_the_culprit(session: Session) -> None:
    """Note the primary key of whoever could not be renamed."""
    refused: list[object] = []

    def rename(user: User, name: str) -> None:
        user.name = name
        try:
            session.flush()
        except exc.IntegrityError:
            refused.append(___)
            session.rollback()

    rename(session.get_one(User, 2), "ada")
    rename(session.get_one(User, 3), "turing")

    assert refused == [(2,)]


def test_catching_it_inside_the_block(session: Session, observer: Connection) -> None:
    def register(name: str) -> None:
        session.add(User(name=name))
        with suppress(exc.IntegrityError):
            session.flush()

    with session.begin():
        register("barbara")
        register("ada")

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_names_that_may_be_taken(session: Session, observer: Connection) -> None:
    """Write `register`: it saves the user, or returns False if the database refuses the name."""

    def register(name: str) -> bool:
        ___

    assert [register(name) for name in ["barbara", "ada", "annie"]] == [True, False, True]
    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names[3:] == ["barbara", "annie"]
