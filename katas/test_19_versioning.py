"""Versioning.

Optimistic locking: nobody has to wait, but whoever would overwrite a change without having seen it
is refused. A mapper with a version_id_col keeps a version in each row, and an object knows the
version that it was loaded with. A flush writes the row only if the two are still the same. Of the
models here, Account has such a column.

https://docs.sqlalchemy.org/en/21/orm/versioning.html
"""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, FetchedValue, Integer, event, exc, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.orm import exc as orm_exc

from katas.models import Account, Product


class WareColumns:
    """A second class for the table of products."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


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


@pytest.mark.only_on("postgresql")
def test_a_version_that_the_database_keeps(session: Session, other_session: Session) -> None:
    """Products have no version column. But in PostgreSQL each row has xmin: who wrote it last.

    Have the flush compare it. The database sets it, and nobody else can.
    """

    class Own(DeclarativeBase): ...

    class Ware(WareColumns, Own):
        xmin = mapped_column(Integer, FetchedValue(), system=True)

        __mapper_args__ = ___

    ware = session.get_one(Ware, 1)
    ware.stock -= 1
    session.flush()
    ware.stock -= 1
    session.commit()
    assert ware.stock == 8
    other_session.get_one(Product, 1).stock = 5
    other_session.commit()
    ware.stock -= 1
    with pytest.raises(orm_exc.StaleDataError):
        session.commit()


@pytest.mark.only_on("sqlite", "postgresql")
def test_doing_it_all_again(engine: Engine, other_session: Session, observer: Connection) -> None:
    """Write `committed`: it does the work in a transaction, and again until that is committed.

    At SERIALIZABLE the database itself refuses, by an OperationalError, what rests on rows that
    others have changed meanwhile. Here somebody sells eight compasses before the first flush.
    """
    make_session = sessionmaker(engine.execution_options(isolation_level="SERIALIZABLE"))

    def committed(work: Callable[[Session], int]) -> int:
        ___

    def somebody_sells_eight(*_: object) -> None:
        other_session.get_one(Product, 1).stock -= 8
        other_session.commit()

    def ship_all(session: Session) -> int:
        compass = session.get_one(Product, 1)
        shipped, compass.stock = compass.stock, 0
        return shipped

    event.listen(make_session, "before_flush", somebody_sells_eight, once=True)

    assert committed(ship_all) == 2
    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 0


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
