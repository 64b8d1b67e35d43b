"""SQL expressions as values.

An attribute can be set to an SQL expression instead of a value. The flush puts the expression into
the INSERT or UPDATE, and the database works it out, with the row as it is at that moment. Nothing
is read beforehand, so nothing can be out of date. What came of it, the session does not know until
it reads the attribute again.

https://docs.sqlalchemy.org/en/21/orm/persistence_techniques.html#flush-embedded-sql-expressions
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, inspect, select, update
from sqlalchemy.orm import Session

from katas.models import Account, Address, Product, User

BALANCES = select(Account.balance).order_by(Account.id)


def send_together(engine: Engine, *transactions: list[tuple[int, int]]) -> None:
    """Run transactions side by side, each in a thread: a list of accounts, and what they get.

    Those that begin with different accounts have all changed their first before any goes on.
    """
    begun = Barrier(len({changes[0][0] for changes in transactions}), timeout=10)

    def send(changes: list[tuple[int, int]]) -> None:
        with Session(engine) as session, session.begin():
            for account, amount in changes:
                change = update(Account).where(Account.id == account)
                session.execute(change.values(balance=Account.balance + amount))
                if account == changes[0][0]:
                    begun.wait()

    with ThreadPoolExecutor() as threads:
        for sent in [threads.submit(send, changes) for changes in transactions]:
            sent.result()


def test_two_ways_to_count_down(
    engine: Engine, other_session: Session, observer: Connection
) -> None:
    """There are ten compasses and three abacuses. Each session sells one of each."""
    session = Session(engine, expire_on_commit=False)
    compass, abacus = session.scalars(select(Product).order_by(Product.id)).all()
    session.commit()
    other_session.get_one(Product, 1).stock -= 1
    other_session.get_one(Product, 2).stock -= 1
    other_session.commit()

    compass.stock = compass.stock - 1
    abacus.stock = Product.stock - 1
    session.commit()

    assert observer.scalars(select(Product.stock).order_by(Product.id)).all() == ___


def test_what_has_to_be_read_after_the_flush(session: Session) -> None:
    compass = session.get_one(Product, 1)

    compass.stock = Product.stock - 3
    assert str(compass.stock) == "product.stock - :stock_1"
    session.flush()

    assert inspect(compass).expired_attributes == ___


def test_three_withdrawals(session: Session, observer: Connection) -> None:
    """Ada has 100. Each of these lines is meant to take something from her account."""
    account = session.get_one(Account, 1)

    account.balance = Account.balance - 10
    account.balance = Account.balance - 20
    session.flush()
    account.balance = Account.balance - 30
    session.commit()

    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == ___


def test_an_address_for_a_name(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """The user's name is known, the id is not. Write the user_id: one INSERT must do."""

    def add_address(name: str, email: str) -> None:
        user_id = ___
        session.add(Address(email=email, user_id=user_id))
        session.flush()

    add_address("alan", "alan@bletchley.example")
    add_address("grace", "grace@yale.example")
    assert statements == ["INSERT", "INSERT"]
    session.commit()

    owners = observer.scalars(select(Address.user_id).order_by(Address.id)).all()
    assert owners == [1, 1, 2, 3, 2]


@pytest.mark.only_on("postgresql", "mariadb")
def test_two_transfers_that_cross(engine: Engine, observer: Connection) -> None:
    """Ada pays grace, and grace pays ada, at the same time. Say which account is changed first.

    What a transaction has changed is locked until it ends. If each waits for what the other one
    has locked, that is a deadlock: the database ends one of the two, by an OperationalError.
    """

    def transfer(amount: int, giver: int, taker: int) -> list[tuple[int, int]]:
        changes = [(giver, -amount), (taker, amount)]
        return ___

    send_together(engine, transfer(30, giver=1, taker=2), transfer(10, giver=2, taker=1))

    assert observer.scalars(BALANCES).all() == [80, 70]


def test_selling_no_more_than_there_is(
    engine: Engine, other_session: Session, statements: list[str], observer: Connection
) -> None:
    """Write `sell`: it commits and returns True, or returns False if there are not enough.

    Others sell too. So write first, and then look: nobody else can change a row that your
    transaction has changed, and what you then read of it stays true until you commit.
    """
    session = Session(engine, expire_on_commit=False)
    compass = session.get_one(Product, 1)
    session.commit()
    other_session.get_one(Product, 1).stock -= 6
    other_session.commit()
    statements.clear()

    def sell(amount: int) -> bool:
        ___

    assert (sell(5), sell(3), sell(1)) == (False, True, True)
    assert statements[0] == "UPDATE"
    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 0
