"""SQL expressions as values.

An attribute can be set to an SQL expression instead of a value. The flush puts the expression into
the INSERT or UPDATE, and the database works it out, with the row as it is at that moment. Nothing
is read beforehand, so nothing can be out of date. What came of it, the session does not know until
it reads the attribute again.

https://docs.sqlalchemy.org/en/21/orm/persistence_techniques.html#flush-embedded-sql-expressions
"""

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from katas.models import Account, Address, Product, User


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
