"""Savepoints.

A savepoint marks a place inside a transaction. What comes after it can be undone, while the work
before it stays. begin_nested() sets one, and returns a handle: its commit() releases the savepoint,
its rollback() goes back to it, and as a with block it does the one or the other. The transaction
goes on in either case.

https://docs.sqlalchemy.org/en/21/orm/session_transaction.html#using-savepoint
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, exc, func, inspect, select
from sqlalchemy.orm import Session

from katas.models import User


def test_what_a_savepoint_sends(session: Session, statements: list[str]) -> None:
    session.add(User(name="barbara"))

    with session.begin_nested():
        session.add(User(name="annie"))

    assert statements == ___


def test_what_a_savepoint_has_saved(engine: Engine, observer: Connection) -> None:
    count = select(func.count(User.id))

    with Session(engine) as session:
        with session.begin_nested():
            session.add(User(name="barbara"))
        seen_by_session = session.scalar(count)

    assert (seen_by_session, observer.scalar(count)) == ___


def test_what_a_savepoint_expires(session: Session) -> None:
    ada, grace, alan = session.scalars(select(User).order_by(User.id))
    with session.begin_nested():
        ada.fullname = "Countess of Lovelace"

    savepoint = session.begin_nested()
    grace.fullname = "Rear Admiral Hopper"
    savepoint.rollback()

    assert {user for user in (ada, grace, alan) if inspect(user).expired} == ___


def test_what_the_session_commits_and_rolls_back(session: Session, observer: Connection) -> None:
    with session.begin_nested():
        session.add(User(name="barbara"))
        session.commit()

    session.add(User(name="annie"))
    with session.begin_nested():
        session.add(User(name="karen"))
        session.rollback()
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_a_savepoint_on_sqlite_by_default(tmp_path: Path) -> None:
    """The other katas' engine is made to send BEGIN. This one is SQLite with all the defaults."""
    sqlite = create_engine(f"sqlite:///{tmp_path}/users.db")
    User.metadata.create_all(sqlite)

    with Session(sqlite) as session:
        with session.begin_nested():
            session.add(User(name="barbara"))
        session.rollback()
    with Session(sqlite) as session:
        names = session.scalars(select(User.name)).all()
    sqlite.dispose()

    assert names == ___


def test_going_back_without_a_handle(session: Session, observer: Connection) -> None:
    """Undo annie, and only her. Her savepoint's handle was not kept: ask the session for it."""
    outer = session.begin_nested()
    session.add(User(name="barbara"))
    session.begin_nested()
    session.add(User(name="annie"))

    savepoint = ___
    assert savepoint
    assert savepoint.parent is outer
    savepoint.rollback()
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


def test_importing_what_can_be_imported(session: Session, observer: Connection) -> None:
    """Write the loop: a name that is taken is skipped. The commit is the caller's."""

    def import_users(names: list[str]) -> list[str]:
        skipped: list[str] = []
        ___
        return skipped

    session.add(User(name="barbara"))
    assert import_users(["annie", "ada", "karen"]) == ["ada"]
    session.commit()

    imported = observer.scalars(select(User.name).order_by(User.id)).all()[3:]
    assert imported == ["barbara", "annie", "karen"]


def test_when_somebody_else_may_be_faster(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """Write `user_named`: the user of that name, who is added if there is none.

    A SELECT that finds nobody proves nothing: somebody else may add her before you do, as here.
    So try the INSERT first. The commit is the caller's.
    """

    def user_named(name: str) -> User:
        ___

    def somebody_else_adds_barbara(*_: object) -> None:
        other_session.add(User(name="barbara"))
        other_session.commit()

    event.listen(session, "before_flush", somebody_else_adds_barbara, once=True)
    barbara, annie, grace = [user_named(name) for name in ("barbara", "annie", "grace")]
    session.commit()

    assert (barbara.name, annie.name, grace.id) == ("barbara", "annie", 2)
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara", "annie"]
