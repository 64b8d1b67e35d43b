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

    # hint: Who does the subtraction, and when? One of the two is done in Python.
    # hint: compass.stock is a number that was loaded a while ago. And what is Product.stock?
    # wrong: [8, 1] -- of compasses the session knows ten, and it writes what it has worked out: 9
    # wrong: [9, 2] -- the database takes one from what is in the row by now, and that is two
    # wrong: [8, 2] -- it is the other way round: an attribute of the object is a number
    # why: "compass.stock - 1", and "-= 1" as well, is a number to Python: SET stock = 9. With the
    # why: class it is SQL: SET stock = stock - 1, and no sale is lost. A row that counts its
    # why: versions, as Account does, is refused all the same; update() is for those.
    assert observer.scalars(select(Product.stock).order_by(Product.id)).all() == [9, 1]


def test_what_has_to_be_read_after_the_flush(session: Session) -> None:
    compass = session.get_one(Product, 1)

    compass.stock = Product.stock - 3
    assert str(compass.stock) == "product.stock - :stock_1"
    session.flush()

    # hint: The session has loaded a ten. Does it work out what ten less three is?
    # hint: It was not a commit: whatever the session can still be sure of, it keeps.
    # wrong: set() -- the database has done the sum, and the session has not heard the result
    # wrong: {"id", "name", "stock", "details", "category_id"} -- that would be a commit
    # wrong: {"id", "name", "details", "category_id"} -- those were loaded, and are still true
    # why: Before the flush the attribute holds the expression, and no "if" can look at it. After
    # why: the flush it is expired, alone of all: reading it sends a SELECT.
    assert inspect(compass).expired_attributes == {"stock"}


def test_three_withdrawals(session: Session, observer: Connection) -> None:
    """Ada has 100. Each of these lines is meant to take something from her account."""
    account = session.get_one(Account, 1)

    account.balance = Account.balance - 10
    account.balance = Account.balance - 20
    session.flush()
    account.balance = Account.balance - 30
    session.commit()

    # hint: How many UPDATEs are sent, and what does each of them say?
    # hint: An attribute has one value at a time, whether that is a number or an expression.
    # wrong: 40 -- an assignment sends nothing: the second one replaces the first
    # wrong: 70 -- the 20 were sent by the flush: the third is an expression for the next UPDATE
    # wrong: 20 -- the flush has used up the expression: the commit does not send it once more
    # why: The flush sends what the attribute holds at that moment, once. To take more before it,
    # why: go on from there: "account.balance -= 20" makes (balance - 10) - 20 of an expression.
    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 50


def test_an_address_for_a_name(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """The user's name is known, the id is not. Write the user_id: one INSERT must do."""

    def add_address(name: str, email: str) -> None:
        # hint: The database knows the id. A SELECT for it can be a part of the INSERT.
        # hint: For one value of one row, a select() has a method: it is a "scalar" then.
        # wrong: session.scalar(select(User.id).where(User.name == name)) -- a statement of its own
        # wrong: User.id -- of which user? There is none in an INSERT into address
        # wrong: select(User).where(User.name == name).scalar_subquery() -- three columns, not one
        # why: A scalar subquery stands where a value can stand: the INSERT finds the id itself.
        # why: If there is no such user, it is NULL.
        user_id = select(User.id).where(User.name == name).scalar_subquery()
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
        # hint: One transfer has locked ada's row, the other one grace's. How did they come to that?
        # hint: If both wanted the same row first, one of them would only have to wait its turn.
        # wrong: changes -- each locks its giver, and waits for the other's: a deadlock
        # wrong: changes[::-1] -- each locks its taker: it is the same the other way round
        # wrong: sorted(changes, key=lambda change: change[1]) -- by the amount: the giver is first
        # why: There is no circle if all lock in the same order, such as that of the key. A flush
        # why: does so by itself for the rows of one table; several flushes and statements of your
        # why: own do not. What is left of deadlocks, repeat as a whole, as in chapter 19.
        return sorted(changes)

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
        # hint: Have the database subtract. When does it do so, and when can the result be read?
        # hint: If it has become too little, the transaction is still open, and can be undone.
        # wrong: if compass.stock < amount: -- compares with the ten that were there a while ago
        #            return False
        #        compass.stock = Product.stock - amount
        #        session.commit()
        #        return True
        # wrong: session.refresh(compass) -- reads first: by the UPDATE, others may have sold
        #        if compass.stock < amount:
        #            return False
        #        compass.stock -= amount
        #        session.commit()
        #        return True
        # wrong: compass.stock = Product.stock - amount -- looks when it is too late to go back
        #        session.commit()
        #        return compass.stock >= 0
        # why: The UPDATE takes from what is there now, and holds the row until the transaction
        # why: ends. The flush has expired the attribute, so that reading it gives the new number.
        compass.stock = Product.stock - amount
        session.flush()
        if compass.stock < 0:
            session.rollback()
            return False
        session.commit()
        return True

    assert (sell(5), sell(3), sell(1)) == (False, True, True)
    assert statements[0] == "UPDATE"
    assert observer.scalar(select(Product.stock).where(Product.id == 1)) == 0
