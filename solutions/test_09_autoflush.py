"""Autoflush.

Before it runs a statement, a session first flushes what is pending, so that the statement finds
it. The flush is of everything, not only of the table in question. It happens when SQL is about
to be sent, wherever that is: at a query, at an attribute that has to be loaded. Neither add()
nor a change sends anything by itself.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#flushing
"""

import pytest
from sqlalchemy import Connection, Engine, exc, func, select, text
from sqlalchemy.orm import Session

from katas.models import Address, Item, Purchase, User


def test_what_is_sent_by_add_and_by_a_query(session: Session, statements: list[str]) -> None:
    session.add(User(name="barbara"))
    sent_by_add = list(statements)

    session.scalars(select(Address)).all()

    # hint: add() files an object under session.new. Does the database have to hear of that?
    # hint: The query is for addresses, but a flush does not look at what the query is for.
    # wrong: (["INSERT"], ["INSERT", "SELECT"]) -- add() sends nothing, autoflush or not
    # wrong: ([], ["SELECT"]) -- whatever the query asks for, all that is pending is flushed first
    # wrong: ([], ["SELECT", "INSERT"]) -- then the SELECT could not find what is pending
    # why: add() only made the object pending. The SELECT was the first that had to be sent, and
    # why: before it went everything pending: autoflush does not ask which table is queried.
    assert (sent_by_add, statements) == ([], ["INSERT", "SELECT"])


def test_what_does_and_what_does_not_flush(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    ada.fullname = "Countess of Lovelace"
    session.get_one(User, 1)
    session.get_one(User, 2)

    # hint: The first SELECT loads ada. Which of the three lines below it has to ask the database?
    # hint: Where nothing needs to be sent, nothing is flushed.
    # wrong: ["SELECT", "UPDATE"] -- grace is not in the identity map, so she is SELECTed
    # wrong: ["SELECT", "SELECT"] -- get() flushes too, if it does not find the key in the map
    # wrong: ["SELECT", "UPDATE", "SELECT", "SELECT"] -- ada is in the map: get() asks nobody
    # why: A change sends nothing, and neither does a get() that the identity map can answer.
    # why: Grace had to be SELECTed, and so the change to ada went first.
    assert statements == ["SELECT", "UPDATE", "SELECT"]


def test_what_reading_an_attribute_can_send(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    session.add(User(name="barbara"))

    assert len(ada.addresses) == 2

    # hint: Ada's addresses were not loaded with her. Reading them is a query.
    # hint: What happens before any query, if something is pending?
    # wrong: ["SELECT", "SELECT"] -- barbara is pending, and a lazy load is a query as any other
    # wrong: ["SELECT", "INSERT"] -- the addresses do not come with the user: they are loaded now
    # why: Reading an unloaded attribute sends a SELECT, so it flushes first. In this way even
    # why: a plain attribute access can write, and can raise what somebody else's row provokes.
    assert statements == ["SELECT", "INSERT", "SELECT"]


@pytest.mark.since("2.1")
def test_two_ways_to_send_raw_sql(session: Session) -> None:
    count = text("SELECT count(*) FROM user_account")
    session.add(User(name="barbara"))

    by_connection = session.connection().scalar(count)
    by_session = session.scalar(count)

    # hint: Three users are in the database. Which of the two counts has found a fourth?
    # hint: Autoflush belongs to the session. What does a Connection know of pending objects?
    # wrong: (3, 3) -- was true until 2.0; since 2.1 the session flushes before text() too
    # wrong: (4, 4) -- the connection runs what it is given: it does not know of any session
    # why: Session.execute(), scalars() and scalar() all flush first, for any kind of statement.
    # why: Only what goes straight to session.connection() passes by.
    assert (by_connection, by_session) == (3, 4)


def test_what_is_left_when_autoflush_is_off(engine: Engine, observer: Connection) -> None:
    count = select(func.count(User.id))

    with Session(engine, autoflush=False) as session:
        session.add(User(name="barbara"))
        seen_by_session = session.scalar(count)
        session.commit()

    # hint: The first count is the session's own, and nothing was flushed before it.
    # hint: autoflush=False is about statements. commit() is another matter.
    # wrong: (4, 4) -- autoflush is off: the query was sent without a flush before it
    # wrong: (3, 3) -- commit() flushes, whatever autoflush says
    # why: Without autoflush a query does not find what is pending. Nothing is lost by it:
    # why: commit() always flushes.
    assert (seen_by_session, observer.scalar(count)) == (3, 4)


def test_what_fails_at_an_innocent_query(session: Session, statements: list[str]) -> None:
    session.add(Purchase())

    with pytest.raises(exc.IntegrityError):
        session.scalars(select(User).where(User.name == "ada")).one()

    # hint: Read the query again: which constraint could it violate?
    # hint: purchase.user_id must not be NULL, and the purchase has no user yet.
    # wrong: ["SELECT"] -- a SELECT cannot violate anything: it was never sent
    # wrong: ["SELECT", "INSERT"] -- the flush goes first, and when it fails the query is not sent
    # wrong: ["INSERT", "SELECT"] -- with the INSERT refused there is nothing more to be sent
    # why: The query's autoflush sent the INSERT of the unfinished purchase. Such an error says
    # why: "raised as a result of Query-invoked autoflush": look for what was pending.
    assert statements == ["INSERT"]


def test_finishing_an_object_before_it_is_flushed(session: Session, observer: Connection) -> None:
    """The purchase is not ready when ada is looked up. Keep it from being flushed there."""
    purchase = Purchase(items=[Item(name="compass")])
    session.add(purchase)

    # hint: The session flushes because it is about to SELECT. It can be told not to, for a block.
    # hint: The context manager is an attribute of the session, and its name says what it does.
    # wrong: session.begin_nested() -- flushes too, so that the savepoint starts from what is known
    # wrong: session -- closes the session at the end, and flushes at the query as ever
    # why: Inside the block nothing is flushed. The commit at the end flushes what is then ready.
    with session.no_autoflush:
        purchase.user = session.scalars(select(User).where(User.name == "ada")).one()
    session.commit()

    buyers = observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all()
    assert buyers == [1, 2, 1]


def test_one_query_that_does_not_flush(session: Session, observer: Connection) -> None:
    """Look up the buyer in one expression. This query, and no other, must not flush."""

    def buy(buyer: str, thing: str) -> None:
        purchase = Purchase(items=[Item(name=thing)])
        session.add(purchase)
        # hint: There is no block here: say it to this one query.
        # hint: Autoflush is an execution option, and scalars() takes execution_options={...}.
        # wrong: session.scalars(select(User).where(User.name == buyer)).one() -- flushes first
        # wrong: User(name=buyer) -- that is a second user of that name, not the one who buys
        # why: execution_options={"autoflush": False} switches it off for one statement.
        # why: Better still where you can: look up first, and add() when all is known.
        purchase.user = session.scalars(
            select(User).where(User.name == buyer), execution_options={"autoflush": False}
        ).one()

    buy("alan", "tape")
    session.commit()

    assert observer.scalars(select(Item.name).order_by(Item.id)).all()[-1] == "tape"
    assert observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all() == [1, 2, 3]
