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

    # hint: A new row has version 1. What sends an UPDATE for it?
    # hint: Is it the flush that counts, or the commit? And what does an assignment alone do?
    # wrong: 4 -- the second 10 changes nothing, so no UPDATE is sent
    # wrong: 2 -- the version is of the flush: not once a transaction, but with each UPDATE
    # wrong: 1 -- that is what the INSERT has set, and each UPDATE counts it up
    # why: Every UPDATE that a flush sends for the row counts it up, and nothing else does. For
    # why: versions of another kind, random ones say, a mapper can have a version_id_generator.
    assert account.version == 3


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

    # hint: The UPDATE had "... AND version = 1" in its WHERE. How many rows did that find?
    # hint: After the rollback the account is expired. Whose change does it show when it is read?
    # wrong: ("augusta", 70, 3) -- the version is the row's, not the column's: all is refused
    # wrong: ("augusta", 100, 2) -- the last writer does not win: that is what the version is for
    # wrong: ("ada", 100, 1) -- a rollback expires, so what the other has committed is seen now
    # why: No row had id 1 and version 1 any more, and an UPDATE that matches no row raises a
    # why: StaleDataError. A DELETE is checked likewise. The rollback discards your change, and
    # why: what you read after it is what the other has committed.
    assert (account.owner, account.balance, account.version) == ("ada", 70, 2)


def test_when_a_merge_is_refused(
    session: Session, other_session: Session, statements: list[str]
) -> None:
    """merge() copies what an object from outside holds to the session's own object of that key."""
    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()
    statements.clear()

    with pytest.raises(orm_exc.StaleDataError):
        session.merge(Account(id=1, owner="augusta", version=1))

    # hint: The session has not loaded account 1. What must merge() do first?
    # hint: Both versions are then known: the copy's and the row's.
    # wrong: ["SELECT", "UPDATE"] -- the versions are compared at once, before anything is written
    # wrong: ["UPDATE"] -- merge() needs the session's own object, and that must be loaded
    # wrong: [] -- the version of the row is not known without asking
    # why: merge() loads the row, and then compares. Leave the version of the copy unset, and
    # why: nothing is compared: the copy wins.
    assert statements == ["SELECT"]


def test_a_statement_that_others_notice(
    engine: Engine, other_session: Session, observer: Connection
) -> None:
    """Write the values: 10 more for everybody, and whoever holds an older copy is refused."""
    session = Session(engine, expire_on_commit=False)
    account = session.get_one(Account, 1)
    session.commit()

    # hint: The versions are counted by a flush. This UPDATE is a statement of your own.
    # hint: What stands in values() can be an expression with columns. It is computed for each row.
    # wrong: balance=Account.balance + 10 -- leaves the versions alone, so nobody notices
    # wrong: balance=110, version=2 -- every account would have 110, and grace had 50
    # why: Versioning belongs to the unit of work. An update() or delete() of your own neither
    # why: checks a version nor sets one: say it yourself.
    gift = update(Account).values(balance=Account.balance + 10, version=Account.version + 1)
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
            # hint: A flush has failed. What does the session need, and what is expired by that?
            # hint: How much to pay was decided on an old balance. What must be done once more?
            # wrong: return withdraw(amount) -- the session can do nothing before it is rolled back
            # wrong: session.rollback() -- nothing is paid, and 70 are there
            #        return 0
            # wrong: session.rollback() -- writes again, but does not decide again: overdrawn
            #        account.balance -= paid
            #        session.commit()
            # why: What is refused is not the UPDATE alone, but all that was decided on the old row:
            # why: roll back, read, decide and write again, or tell the user of the conflict.
            session.rollback()
            return withdraw(amount)
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

        # hint: The mapper has to know two things: which column it is, and who makes the versions.
        # hint: The second is an argument that begins like the first. No function is there to call.
        # wrong: {"eager_defaults": True} -- xmin is fetched after each UPDATE, and never compared
        # wrong: {"version_id_generator": False} -- who makes the versions, but not where they are
        # why: Without a generator, here False, the version is left to the database, and fetched
        # why: with RETURNING; else the session would count it up. No column has to be added, and
        # why: whoever writes the row, by raw SQL too, makes a new version. Don't keep an xmin for
        # why: long: such numbers are used again.
        __mapper_args__ = {"version_id_col": xmin, "version_id_generator": False}

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
        # hint: The answer rests on what was read. So what has to be read once more?
        # hint: make_session.begin() is a block with a session and a transaction. Where is the try?
        # wrong: with make_session.begin() as session: -- too late: the end of the block commits
        #            try:
        #                return work(session)
        #            except exc.OperationalError:
        #                return work(session)
        # wrong: session = make_session() -- after a failed flush nothing goes without a rollback
        #        shipped = work(session)
        #        try:
        #            session.commit()
        #        except exc.OperationalError:
        #            session.commit()
        #        return shipped
        # wrong: session = make_session() -- the rollback has undone the change: nothing is sold
        #        shipped = work(session)
        #        try:
        #            session.commit()
        #        except exc.OperationalError:
        #            session.rollback()
        #            session.commit()
        #        return shipped
        # wrong: session = make_session() -- all ten: writes anew what was decided on an old read
        #        shipped = work(session)
        #        try:
        #            session.commit()
        #        except exc.OperationalError:
        #            session.rollback()
        #            session.execute(update(Product).where(Product.id == 1).values(stock=0))
        #            session.commit()
        #        return shipped
        # why: A transaction that was refused is repeated as a whole, from its first read, with a
        # why: new snapshot: that is why it is a function. It may run twice, so it must not send a
        # why: mail. A deadlock is an OperationalError too, and so is a lost connection: look at
        # why: error.orig (sqlstate 40001 and 40P01 in PostgreSQL), and give up after some tries.
        while True:
            try:
                with make_session.begin() as session:
                    return work(session)
            except exc.OperationalError:
                continue

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
        # hint: The object that you load now has the row's version. Which one has the form?
        # hint: The flush finds out what has happened since the load. What was before, it cannot.
        # wrong: account = session.get_one(Account, 1) -- loaded just now: its version always fits
        #        account.owner = owner
        #        session.commit()
        # wrong: account = session.get_one(Account, 1) -- the flush checks the version as loaded
        #        account.owner = owner
        #        account.version = version
        #        session.commit()
        # why: version_id_col guards an object from its load to its flush. Between two requests
        # why: there is no object, so the version travels with the form, and you compare it.
        # why: session.merge(Account(id=1, owner=owner, version=version)) compares it too.
        account = session.get_one(Account, 1)
        if account.version != version:
            raise orm_exc.StaleDataError("somebody has changed the account meanwhile")
        account.owner = owner
        session.commit()

    other_session.get_one(Account, 1).balance -= 30
    other_session.commit()

    with pytest.raises(orm_exc.StaleDataError):
        save("augusta", version=1)
    session.rollback()
    save("augusta", version=2)

    row = select(Account.owner, Account.balance).where(Account.id == 1)
    assert observer.execute(row).one() == ("augusta", 70)
