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

    # hint: Barbara came before the savepoint, annie after it. Where does each INSERT belong?
    # hint: The block begins with SAVEPOINT and ends with RELEASE, and both ends flush.
    # wrong: ["SAVEPOINT", "INSERT", "INSERT", "RELEASE"] -- a rollback would undo barbara as well
    # wrong: ["SAVEPOINT", "RELEASE", "INSERT", "INSERT"] -- both ends of the block flush first
    # wrong: ["INSERT", "SAVEPOINT", "RELEASE"] -- annie is flushed before the savepoint is released
    # why: begin_nested() flushes, so that all earlier work stands before the savepoint, and the
    # why: end of the block flushes what was added in it. An empty block sends no SAVEPOINT.
    assert statements == ["INSERT", "SAVEPOINT", "INSERT", "RELEASE"]


def test_what_a_savepoint_has_saved(engine: Engine, observer: Connection) -> None:
    count = select(func.count(User.id))

    with Session(engine) as session:
        with session.begin_nested():
            session.add(User(name="barbara"))
        seen_by_session = session.scalar(count)

    # hint: Three users are there at the start. The first count is the session's own.
    # hint: The block has released its savepoint. Has anything ended the transaction around it?
    # wrong: (4, 4) -- the savepoint was released, but nothing was committed
    # wrong: (3, 3) -- the end of the block has flushed her, and the session sees its own work
    # why: A savepoint is a part of a transaction. begin_nested() has begun one where there was
    # why: none, and without a commit() the end of the session rolls all of it back.
    assert (seen_by_session, observer.scalar(count)) == (4, 3)


def test_what_a_savepoint_expires(session: Session) -> None:
    ada, grace, alan = session.scalars(select(User).order_by(User.id))
    with session.begin_nested():
        ada.fullname = "Countess of Lovelace"

    savepoint = session.begin_nested()
    grace.fullname = "Rear Admiral Hopper"
    savepoint.rollback()

    # hint: A commit() or rollback() of the session would expire all three.
    # hint: Here the transaction goes on. Of which object may the session know a wrong value?
    # wrong: {ada, grace, alan} -- alan was not touched, and a release undoes nothing
    # wrong: {ada, grace} -- ada's change still holds: to release a savepoint expires nothing
    # wrong: set() -- the change to grace was undone, so her attributes must be loaded again
    # why: Going back to a savepoint expires the objects that were changed since, and only those.
    # why: Releasing it expires nothing, since the transaction goes on.
    assert {user for user in (ada, grace, alan) if inspect(user).expired} == {grace}


def test_what_the_session_commits_and_rolls_back(session: Session, observer: Connection) -> None:
    with session.begin_nested():
        session.add(User(name="barbara"))
        session.commit()

    session.add(User(name="annie"))
    with session.begin_nested():
        session.add(User(name="karen"))
        session.rollback()
    session.commit()

    # hint: The calls in the blocks are the session's, not the savepoint's.
    # hint: session.commit() and session.rollback() end a transaction. Which one?
    # wrong: ["barbara", "annie"] -- was so in 1.4: today rollback() undoes annie as well
    # wrong: [] -- commit() did not only release: it has committed, and that is final
    # wrong: ["annie"] -- barbara is committed, annie was in the transaction that was undone
    # why: Wherever they are called, session.commit() and session.rollback() end the whole
    # why: transaction with all its savepoints. For the savepoint alone, use its handle.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


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

    # hint: By default, Python's sqlite3 sends no BEGIN before a SAVEPOINT.
    # hint: A savepoint outside of any transaction is itself the transaction. What ends it?
    # wrong: [] -- so it should be, but there was no transaction that could be rolled back
    # why: Without a BEGIN the RELEASE is a commit, and the rollback comes too late. The cure is a
    # why: listener that sends BEGIN: dojo/database.py has one, and says where it is documented.
    assert names == ["barbara"]


def test_going_back_without_a_handle(session: Session, observer: Connection) -> None:
    """Undo annie, and only her. Her savepoint's handle was not kept: ask the session for it."""
    outer = session.begin_nested()
    session.add(User(name="barbara"))
    session.begin_nested()
    session.add(User(name="annie"))

    # hint: The session knows its transaction, and the innermost savepoint.
    # hint: The method that set it is begin_nested(). Look for the same word after get_.
    # wrong: session.get_transaction() -- the whole transaction: that would undo barbara too
    # wrong: session.begin_nested() -- a third savepoint: annie came before it
    # wrong: outer -- barbara came after that one too
    # why: Savepoints nest: get_nested_transaction() is the innermost, its parent the one around
    # why: it, and so on up to get_transaction(), the transaction itself.
    savepoint = session.get_nested_transaction()
    assert savepoint
    assert savepoint.parent is outer
    savepoint.rollback()
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


def test_importing_what_can_be_imported(session: Session, observer: Connection) -> None:
    """Write the loop: a name that is taken is skipped. The commit is the caller's."""

    def import_users(names: list[str]) -> list[str]:
        skipped: list[str] = []
        # hint: A failed flush undoes its transaction, or only its savepoint if it is in one.
        # hint: The block rolls its savepoint back when an exception leaves it. Catch it outside.
        # wrong: for name in names: -- after a failed flush nothing can be flushed, until a rollback
        #            try:
        #                session.add(User(name=name))
        #                session.flush()
        #            except exc.IntegrityError:
        #                skipped.append(name)
        # wrong: for name in names: -- the rollback undoes barbara and annie as well, without a word
        #            try:
        #                session.add(User(name=name))
        #                session.flush()
        #            except exc.IntegrityError:
        #                session.rollback()
        #                skipped.append(name)
        # wrong: try: -- one savepoint for all: the first name that is taken ends the import
        #            with session.begin_nested():
        #                for name in names:
        #                    session.add(User(name=name))
        #                    session.flush()
        #        except exc.IntegrityError:
        #            skipped.append(name)
        # why: With a savepoint of its own, a row that is refused undoes itself and nothing else.
        # why: The end of the block flushes, so that is where the error is raised.
        for name in names:
            try:
                with session.begin_nested():
                    session.add(User(name=name))
            except exc.IntegrityError:
                skipped.append(name)
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
        # hint: The unique constraint decides. What keeps its IntegrityError from undoing the rest?
        # hint: If the INSERT is refused, the row is there, and a SELECT finds it.
        # wrong: try: -- without a savepoint the SELECT is refused too: PendingRollbackError
        #            user = User(name=name)
        #            session.add(user)
        #            session.flush()
        #        except exc.IntegrityError:
        #            user = session.scalars(select(User).where(User.name == name)).one()
        #        return user
        # wrong: try: -- finds grace, but the rollback has undone annie
        #            user = User(name=name)
        #            session.add(user)
        #            session.flush()
        #        except exc.IntegrityError:
        #            session.rollback()
        #            user = session.scalars(select(User).where(User.name == name)).one()
        #        return user
        # wrong: query = select(User).where(User.name == name) -- she comes after the SELECT
        #        user = session.scalars(query).one_or_none()
        #        if user is None:
        #            user = User(name=name)
        #            session.add(user)
        #            session.flush()
        #        return user
        # why: Between a SELECT and an INSERT there is always time for others. Only the constraint
        # why: knows who was first, and in a savepoint its answer costs nothing.
        try:
            with session.begin_nested():
                user = User(name=name)
                session.add(user)
        except exc.IntegrityError:
            user = session.scalars(select(User).where(User.name == name)).one()
        return user

    def somebody_else_adds_barbara(*_: object) -> None:
        other_session.add(User(name="barbara"))
        other_session.commit()

    event.listen(session, "before_flush", somebody_else_adds_barbara, once=True)
    barbara, annie, grace = [user_named(name) for name in ("barbara", "annie", "grace")]
    session.commit()

    assert (barbara.name, annie.name, grace.id) == ("barbara", "annie", 2)
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara", "annie"]
