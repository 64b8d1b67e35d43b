"""Commit.

commit() is the end of a unit of work, and does all that belongs to it: it flushes what is left,
sends the COMMIT, expires the objects and gives the connection back to the pool. It is the whole
session that is committed, whoever made the changes. So one place should decide about it, and it
is the outermost: the one that knows when the work is complete.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#committing
"""

import pytest
from sqlalchemy import Connection, Engine, ForeignKey, QueuePool, event, exc, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from katas.models import Account, Address, Purchase, User


class Own(DeclarativeBase):
    """For a table that one kata needs, and makes."""


class Letter(Own):
    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_to: Mapped[int | None] = mapped_column(
        ForeignKey("letter.id", deferrable=True, initially="DEFERRED")
    )


@pytest.fixture
def traffic(engine: Engine) -> list[str]:
    """What passes between the session, the pool and the database.

    A "checkout" takes a connection from the pool, a "checkin" gives it back; in between there are
    "BEGIN", a verb per statement, and "COMMIT" or "ROLLBACK".
    """
    seen: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement.split(maxsplit=1)[0].upper())

    event.listen(engine, "checkout", lambda *_: seen.append("checkout"))
    event.listen(engine, "begin", lambda _: seen.append("BEGIN"))
    event.listen(engine, "commit", lambda _: seen.append("COMMIT"))
    event.listen(engine, "rollback", lambda _: seen.append("ROLLBACK"))
    event.listen(engine, "checkin", lambda *_: seen.append("checkin"))
    return seen


def test_what_a_commit_does_in_turn(session: Session, traffic: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    traffic.clear()

    session.commit()

    # hint: Something is unsaved, a transaction is open, a connection is in use.
    # hint: It must all be over afterwards, and for each of the three something has to pass.
    # wrong: ["COMMIT"] -- a commit flushes first: or what would it have to save?
    # wrong: ["UPDATE", "COMMIT"] -- nor is the connection kept: the pool has it back now
    # wrong: ["UPDATE", "COMMIT", "SELECT", "checkin"] -- it expires, but loads nothing
    # why: Flush, COMMIT, expire, connection back to the pool. An object that was loaded needs the
    # why: database again from here on, and a transaction of its own for it.
    assert traffic == ["UPDATE", "COMMIT", "checkin"]


def test_what_is_left_for_close(session: Session, traffic: list[str]) -> None:
    session.get_one(User, 1)
    session.commit()
    traffic.clear()
    session.close()
    after_a_commit = list(traffic)

    session.get_one(User, 1)
    traffic.clear()
    session.close()
    without_a_commit = list(traffic)

    # hint: Is there a transaction to end, and who has the connection, before each close()?
    # hint: Without a commit, what was done must not count. What passes to say so?
    # wrong: (["checkin"], ["ROLLBACK", "checkin"]) -- the commit has returned the connection
    # wrong: ([], ["checkin"]) -- reading opened a transaction: it is ended first
    # wrong: ([], ["COMMIT", "checkin"]) -- close() never commits
    # why: It is the end of the transaction that returns the connection: close() does so only if it
    # why: has to end one, and then by a rollback.
    assert (after_a_commit, without_a_commit) == ([], ["ROLLBACK", "checkin"])


@pytest.mark.only_on("sqlite", "postgresql")
def test_a_rule_that_waits_for_the_commit(
    engine: Engine, session: Session, pool: QueuePool, observer: Connection
) -> None:
    """Letter 2 is an answer to letter 7, which is not there. See to it that letter 1 is saved.

    The foreign key is DEFERRABLE INITIALLY DEFERRED: not the INSERT, but the COMMIT checks it.
    """
    Own.metadata.create_all(engine)
    session.add(Letter(id=2, answer_to=7))
    session.flush()
    with pytest.raises(exc.IntegrityError):
        session.commit()

    # hint: The flush was no failure, the COMMIT was. Does the session still have its connection?
    # hint: The transaction is over for the database, but not for the session, until you say so.
    # wrong: session.commit() -- PendingRollbackError: there is no second try without a rollback
    # wrong: session.flush() -- finds nothing to send, is silent, and ends nothing
    # wrong: session.expunge_all() -- the letters are gone, the dead transaction is not
    # why: A flush that passes is no promise: a COMMIT can fail too, by what is checked or found out
    # why: only then. Write the except for the commit, and begin it with a rollback(). After a
    # why: failed COMMIT close() will not do: SQLite would go on in the old transaction.
    session.rollback()

    assert pool.checkedout() == 0
    session.add(Letter(id=1))
    session.commit()
    assert observer.scalars(select(Letter.id)).all() == [1]


def test_which_commits_are_sent(session: Session, traffic: list[str]) -> None:
    session.rollback()
    session.commit()
    session.get_one(User, 1)
    session.commit()
    session.commit()

    # hint: A commit ends a transaction of the database. Was there one, each time?
    # hint: One SELECT was sent, and nothing was changed. Does reading need an end as well?
    # wrong: ["checkout", "BEGIN", "SELECT", "checkin"] -- reading has begun a transaction too
    # wrong: ["checkout", "BEGIN", "SELECT", "COMMIT", "COMMIT", "checkin"] -- one BEGIN: one COMMIT
    # wrong: ["COMMIT", "checkout", "BEGIN", "SELECT", "COMMIT", "checkin"] -- none was open
    # why: With a transaction open COMMIT is sent, even if nothing was changed. Without one nothing
    # why: is, and nothing is wrong; the session still does its own part, such as expiring.
    assert traffic == ["checkout", "BEGIN", "SELECT", "COMMIT", "checkin"]


def test_reading_on_after_the_commit(session: Session, traffic: list[str]) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    traffic.clear()

    assert ada.name == "ada"
    assert ada.fullname == "Ada Lovelace"

    # hint: The commit has expired ada and given the connection back. What does reading need?
    # hint: Nobody has called commit() or close() since.
    # wrong: [] -- ada is expired: her name has to be loaded
    # wrong: ["SELECT"] -- it needs a connection, and the commit has returned the old one
    # wrong: ["checkout", "BEGIN", "SELECT", "COMMIT", "checkin"] -- nobody has ended it
    # why: Reading has begun a new transaction, and it stays open with its connection. Read what
    # why: you need before the commit, or end this transaction too.
    assert traffic == ["checkout", "BEGIN", "SELECT"]


def test_what_a_helper_commits(session: Session, observer: Connection) -> None:
    def remember(email: str) -> None:
        session.add(Address(email=email))
        session.commit()

    adas_account = session.get_one(Account, 1)
    adas_account.balance -= 30
    remember("ada@bank.example")
    session.rollback()

    # hint: Ada had 100. The helper wanted to save an address. Can it commit just that?
    # hint: The session flushes and commits all that it has. What can a rollback undo then?
    # wrong: 100 -- the 30 were in the session when it was committed: the rollback came too late
    # why: Whoever calls commit() commits the caller's half-done work with it. A helper adds, and
    # why: flushes if it has to; the commit is left to the one who began the work.
    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 70


def test_one_commit_for_many_rows(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Surnames must go: write `shorten`, so that ada is "Ada". It reads each row once."""

    def shorten() -> None:
        # hint: user.name.capitalize() is the new fullname. After a commit, what costs user.name?
        # hint: How often do all the users have to be committed?
        # wrong: for user in session.scalars(select(User)).all(): -- a commit expires them all
        #            user.fullname = user.name.capitalize()
        #            session.commit()
        # wrong: for user in session.scalars(select(User)).all(): -- flushed, but never committed
        #            user.fullname = user.name.capitalize()
        #        session.flush()
        # why: Change all of them, commit once: one SELECT, and all rows are changed or none is.
        # why: A commit in the loop expires every object, so each next one is SELECTed again.
        for user in session.scalars(select(User)).all():
            user.fullname = user.name.capitalize()
        session.commit()

    shorten()

    assert statements.count("SELECT") == 1
    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Ada", "Grace", "Alan"]


def test_a_record_that_outlives_the_rollback(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write `record`: a refused purchase is saved for good, and nothing of the caller's work is."""

    def record(user_id: int) -> None:
        # hint: The session saves all that it has, or nothing. So whose commit can this be?
        # hint: `with Session(engine) as own:` is a session for this piece of work alone.
        # wrong: session.add(Purchase(user_id=user_id, status="refused")) -- saves the 300 as well
        #        session.commit()
        # wrong: session.add(Purchase(user_id=user_id, status="refused")) -- is rolled back later
        #        session.flush()
        # wrong: with Session(engine) as own: -- the end of the block only closes it
        #            own.add(Purchase(user_id=user_id, status="refused"))
        # why: What is to be committed by itself needs a session of its own. That is a second
        # why: connection: it must not wait for a row that the caller has flushed and so locked.
        with Session(engine) as own:
            own.add(Purchase(user_id=user_id, status="refused"))
            own.commit()

    account = session.get_one(Account, 1)
    account.balance -= 300
    record(1)
    session.rollback()

    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 100
    statuses = observer.scalars(select(Purchase.status).order_by(Purchase.id)).all()
    assert statuses[2:] == ["refused"]
