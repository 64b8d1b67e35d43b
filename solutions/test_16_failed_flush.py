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

    # hint: What needs the database is refused. What becomes of ada's attributes at a rollback?
    # hint: The user who could not be saved has left the session. What is there to be flushed?
    # wrong: {"select", "commit"} -- the rollback has expired ada: reading her name needs SQL too
    # wrong: {"select", "ada.name"} -- above all, nothing can be committed
    # wrong: {"select", "ada.name", "flush", "commit"} -- flush() has nothing to send, and is silent
    # wrong: set() -- catching the error was not enough: the transaction is dead
    # why: The session keeps the dead transaction, so that no code goes on by mistake, believing
    # why: that what it wrote before is still there. Until rollback() all that needs SQL is refused,
    # why: by an echo of the first error, which it quotes. That a flush() passes proves nothing.
    assert refused == {"select", "ada.name", "commit"}


def test_saving_the_others_after_all(session: Session, observer: Connection) -> None:
    """Only one of the two could not be saved, and is mended now. See that both are saved."""
    annie, barbara = User(name="annie"), User(name="ada")
    session.add_all([annie, barbara])
    with pytest.raises(exc.IntegrityError):
        session.flush()

    session.rollback()
    barbara.name = "barbara"
    # hint: There was nothing wrong with annie. But in which transaction was she inserted?
    # hint: Who of the two is in the session now?
    # wrong: session.add(barbara) -- annie was in the transaction that was rolled back
    # wrong: session.flush() -- neither of them is in the session: there is nothing to flush
    # wrong: session.merge(barbara) -- saves a copy of the one, and the other is forgotten
    # why: A failed flush takes all with it that was added in the transaction, the good with the
    # why: bad. What is to be saved has to be added again, all of it.
    session.add_all([annie, barbara])
    session.commit()

    names = observer.scalars(select(User.name).order_by(User.name)).all()
    assert names == ["ada", "alan", "annie", "barbara", "grace"]


def test_mending_a_change(session: Session, observer: Connection) -> None:
    """The name is taken. Rename grace to "hopper" instead, and let the commit below save it."""
    grace = session.get_one(User, 2)
    grace.name = "ada"
    with pytest.raises(exc.IntegrityError):
        session.flush()

    # hint: Two things have to be done, and their order matters.
    # hint: What does a rollback do with changes that were not flushed?
    # wrong: grace.name = "hopper" -- the transaction is dead: commit() raises PendingRollbackError
    # wrong: grace.name = "hopper" -- rollback() discards the change, if with a warning
    #        session.rollback()
    # wrong: session.rollback() -- now the commit works, and there is nothing to commit
    # why: First rollback(), then mend. What is changed in between is on the dead transaction:
    # why: "Session's state has been changed on a non-active transaction" says the warning.
    session.rollback()
    grace.name = "hopper"
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

    # hint: The second and the third are the same error. But who has sent the INSERT?
    # hint: Which of the three may have left objects half saved?
    # wrong: [False, False, False] -- not every error: to find no row is only an answer
    # wrong: [True, False, False] -- an INSERT of your own is not a flush: no object depends on it
    # wrong: [True, True, True] -- the flush has failed half-way through its objects
    # why: A failed flush deactivates the session, since its objects were at stake. After an error
    # why: in execute() it is for the database to say whether the transaction can go on: SQLite
    # why: and MariaDB let it, PostgreSQL does not. With rollback() you are right everywhere.
    assert active == [True, True, False]


@pytest.mark.only_on("postgresql")
def test_going_on_after_a_refused_statement(session: Session, observer: Connection) -> None:
    """Write `insert_ada`: an insert() is refused, since there is an ada. The others are saved.

    SQLite and MariaDB take back a refused statement, and go on. PostgreSQL does not go on.
    """
    session.add(User(name="barbara"))
    session.flush()

    def insert_ada() -> None:
        # hint: Something has to be rolled back, or PostgreSQL refuses annie. Barbara has to stay.
        # hint: A savepoint undoes what came after it: begin_nested() is a block that has one.
        # wrong: session.execute(insert(User).values(name="ada")) -- active, but not for PostgreSQL
        # wrong: session.add(User(name="ada")) -- a failed flush rolls back all, barbara too
        #        session.flush()
        # wrong: session.rollback() -- there was no error yet, and barbara is lost
        #        session.execute(insert(User).values(name="ada"))
        # why: "Current transaction is aborted", an InternalError: so PostgreSQL answers all that
        # why: comes after an error, until a ROLLBACK, or one to a savepoint. The session does not
        # why: know of it. Chapter 17 tells more of savepoints.
        with session.begin_nested():
            session.execute(insert(User).values(name="ada"))

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
            # hint: user.id is an attribute as any other. What has happened to them all?
            # hint: Who knows the primary key without asking the database? Look at inspect(user).
            # wrong: (user.id,) -- was expired by the rollback: PendingRollbackError in its turn
            # wrong: inspect(user).dict.get("id") -- nothing is loaded any more: this is None
            # wrong: inspect(user).identity_key -- knows more: the class comes first
            # why: All attributes are expired, the primary key too, and in a dead transaction
            # why: they cannot be loaded: the new error would hide the first. The identity is
            # why: there without SQL. Or call rollback() first, and then look at the object.
            refused.append(inspect(user).identity)
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

    # hint: The failed flush has rolled back. What was in the transaction by then?
    # hint: The block commits what is alive at its end. No error has reached it.
    # wrong: ["barbara"] -- she was flushed, but in the same transaction as ada
    # wrong: ["barbara", "ada"] -- there is an ada already, and her name is unique
    # why: Barbara is lost, and nobody hears of it: the error was caught inside, and the block
    # why: ends a dead transaction without a word. Catch it around the block, where you know that
    # why: all is undone.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == []


def test_names_that_may_be_taken(session: Session, observer: Connection) -> None:
    """Write `register`: it saves the user, or returns False if the database refuses the name."""

    def register(name: str) -> bool:
        # hint: Each name is a transaction. Who rolls it back when it fails?
        # hint: The block of begin() does. So is the try inside of it, or around it?
        # wrong: try: -- nobody rolls back, and annie gets a PendingRollbackError
        #            session.add(User(name=name))
        #            session.commit()
        #        except exc.IntegrityError:
        #            return False
        #        return True
        # wrong: try: -- neither does a second commit: the transaction is dead
        #            session.add(User(name=name))
        #            session.flush()
        #        except exc.IntegrityError:
        #            session.commit()
        #            return False
        #        return True
        # wrong: try: -- never commits: the next rollback takes barbara with it
        #            session.add(User(name=name))
        #            session.flush()
        #        except exc.IntegrityError:
        #            session.rollback()
        #            return False
        #        return True
        # why: The block rolls back and lets the error pass, the try around it gives the answer,
        # why: and the session is ready for the next name. To look first whether the name is free
        # why: would not do: between the look and the INSERT somebody else may take it.
        try:
            with session.begin():
                session.add(User(name=name))
        except exc.IntegrityError:
            return False
        return True

    assert [register(name) for name in ["barbara", "ada", "annie"]] == [True, False, True]
    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names[3:] == ["barbara", "annie"]
