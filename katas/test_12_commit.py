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

    assert traffic == ___


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

    assert (after_a_commit, without_a_commit) == ___


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

    ___

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

    assert traffic == ___


def test_reading_on_after_the_commit(session: Session, traffic: list[str]) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    traffic.clear()

    assert ada.name == "ada"
    assert ada.fullname == "Ada Lovelace"

    assert traffic == ___


def test_what_a_helper_commits(session: Session, observer: Connection) -> None:
    def remember(email: str) -> None:
        session.add(Address(email=email))
        session.commit()

    adas_account = session.get_one(Account, 1)
    adas_account.balance -= 30
    remember("ada@bank.example")
    session.rollback()

    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == ___


def test_one_commit_for_many_rows(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Surnames must go: write `shorten`, so that ada is "Ada". It reads each row once."""

    def shorten() -> None:
        ___

    shorten()

    assert statements.count("SELECT") == 1
    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Ada", "Grace", "Alan"]


def test_a_record_that_outlives_the_rollback(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write `record`: a refused purchase is saved for good, and nothing of the caller's work is."""

    def record(user_id: int) -> None:
        ___

    account = session.get_one(Account, 1)
    account.balance -= 300
    record(1)
    session.rollback()

    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 100
    statuses = observer.scalars(select(Purchase.status).order_by(Purchase.id)).all()
    assert statuses[2:] == ["refused"]
