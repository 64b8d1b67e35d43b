"""Versioning.

Optimistic locking: nobody has to wait, but whoever would overwrite a change without having seen it
is refused. A mapper with a version_id_col keeps a version in each row, and an object knows the
version that it was loaded with. A flush writes the row only if the two are still the same. Of the
models here, Account has such a column.

https://docs.sqlalchemy.org/en/21/orm/versioning.html
"""

import pytest
from sqlalchemy import Connection, Engine, exc, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Account


def test_what_counts_as_a_new_version(session: Session) -> None:
    account = Account(owner="alan", balance=0)
    session.add(account)
    session.flush()

    account.balance = 10
    session.flush()
    account.balance = 10
    session.flush()
    account.balance = 20
    session.commit()

    assert account.version == ___


def test_who_comes_second(engine: Engine, other_session: Session) -> None:
    session = Session(engine, expire_on_commit=False)
    account = session.get_one(Account, 1)
    session.commit()
    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()

    account.owner = "augusta"
    with pytest.raises(exc.SQLAlchemyError):
        session.commit()
    session.rollback()

    assert (account.owner, account.balance, account.version) == ___


def test_when_a_merge_is_refused(
    session: Session, other_session: Session, statements: list[str]
) -> None:
    """merge() copies what an object from outside holds to the session's own object of that key."""
    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()
    statements.clear()

    with pytest.raises(orm_exc.StaleDataError):
        session.merge(Account(id=1, owner="augusta", version=1))

    assert statements == ___


def test_a_statement_that_others_notice(
    engine: Engine, other_session: Session, observer: Connection
) -> None:
    """Write the values: 10 more for everybody, and whoever holds an older copy is refused."""
    session = Session(engine, expire_on_commit=False)
    account = session.get_one(Account, 1)
    session.commit()

    gift = update(Account).values(___)
    other_session.execute(gift)
    other_session.commit()

    account.balance -= 50
    with pytest.raises(orm_exc.StaleDataError):
        session.commit()
    balances = observer.scalars(select(Account.balance).order_by(Account.id)).all()
    assert balances == [110, 60]


def test_paying_out_what_is_there(
    engine: Engine, other_session: Session, observer: Connection
) -> None:
    """Finish `withdraw`: it pays what is asked for, or as much as there is. Others withdraw too."""
    session = Session(engine, expire_on_commit=False)
    account = session.get_one(Account, 1)
    session.commit()
    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()

    def withdraw(amount: int) -> int:
        paid = min(amount, account.balance)
        account.balance -= paid
        try:
            session.commit()
        except orm_exc.StaleDataError:
            ___
        return paid

    assert withdraw(80) == 70
    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 0


def test_a_form_that_was_open_for_long(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """Write `save`: it changes the owner of account 1, and commits.

    Its arguments come from a form that was made in an earlier request: the owner, and the version
    that the row had then. If it has another by now, raise a StaleDataError.
    """

    def save(owner: str, version: int) -> None:
        ___

    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()

    with pytest.raises(orm_exc.StaleDataError):
        save("augusta", version=1)
    session.rollback()
    save("augusta", version=2)

    row = select(Account.owner, Account.balance).where(Account.id == 1)
    assert observer.execute(row).one() == ("augusta", 70)
