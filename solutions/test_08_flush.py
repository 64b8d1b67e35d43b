"""Flush: the unit of work.

Until it flushes, a session only takes notes: which object is new, which has changed, which is to
be deleted. A flush works out from them the INSERTs, UPDATEs and DELETEs, and sends all of them,
in an order of its own and inside the transaction. commit() flushes by itself; you do it where the
order matters, or where you need what only the database can tell.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#flushing
"""

import pytest
from sqlalchemy import Connection, exc, func, select
from sqlalchemy.orm import Session

from katas.models import Account, Address, Rating, User


def test_who_sees_what_was_flushed(session: Session, observer: Connection) -> None:
    count = select(func.count(User.id))
    session.add(User(name="barbara"))

    session.flush()

    # hint: Three users were there before. The INSERT has been sent. Who can count a fourth?
    # hint: A flush sends SQL, and that is all. When does a transaction let others see its rows?
    # wrong: (4, 4) -- the row is there for its own transaction only: nothing is committed
    # wrong: (3, 3) -- the session counts in the transaction in which the row was inserted
    # wrong: (3, 4) -- the other way round: the session sees what it has written itself
    # why: Flushed is not saved. The row exists inside the transaction: the session sees it, nobody
    # why: else does, and without a commit() it will be gone.
    assert (session.scalar(count), observer.scalar(count)) == (4, 3)


def test_flushing_when_there_is_nothing_to_send(session: Session, statements: list[str]) -> None:
    session.flush()
    begun_by_the_first_flush = session.in_transaction()
    session.add(User(name="barbara"))

    session.flush()
    session.flush()

    # hint: What do the session's notes say at each of the three flushes?
    # hint: A flush crosses out what it has sent.
    # wrong: (True, ["INSERT"]) -- with nothing to send no transaction is needed
    # wrong: (False, ["INSERT", "INSERT"]) -- after the INSERT she is persistent, and unchanged
    # wrong: (False, ["INSERT", "UPDATE"]) -- an UPDATE would need a change: there was none
    # why: Without new, changed or deleted objects a flush sends nothing and begins nothing.
    # why: One too many does no harm.
    assert (begun_by_the_first_flush, statements) == (False, ["INSERT"])


def test_in_which_order_a_flush_works(session: Session, statements: list[str]) -> None:
    at_work, at_home = session.get_one(Address, 1), session.get_one(Address, 2)

    session.delete(at_work)
    session.add(Address(email="ada@club.example"))
    at_home.email = "ada@garden.example"
    session.flush()

    # hint: Two SELECTs have loaded the addresses. The three lines after them only left notes.
    # hint: The rows that stay come first. Until when may something refer to a row that is to go?
    # wrong: ["DELETE", "INSERT", "UPDATE"] -- that is the order of the calls: it is not kept
    # wrong: ["DELETE", "UPDATE", "INSERT"] -- a flush does not clear away first: it deletes last
    # wrong: ["INSERT", "DELETE", "UPDATE"] -- a flush has nothing more to write after it deletes
    # why: For one class a flush sends the UPDATEs, then the INSERTs, and the DELETEs last,
    # why: whatever the order of your calls was.
    assert statements[2:] == ["UPDATE", "INSERT", "DELETE"]


def test_what_the_new_account_inherits(session: Session, observer: Connection) -> None:
    session.delete(session.get_one(Account, 1))
    session.add(Account(id=1, owner="barbara"))

    session.commit()

    row = observer.execute(select(Account.owner, Account.balance).where(Account.id == 1)).one()
    # hint: Ada had 100 in account 1. The old object and the new one have the same primary key.
    # hint: An INSERT before the DELETE would collide. With which single statement does it work?
    # wrong: ("barbara", None) -- for that the row would have to be inserted: balance is NOT NULL
    # wrong: ("barbara", 0) -- nobody has written a 0, and the column has no default
    # wrong: ("ada", 100) -- the owner was set in the new object, so it is written
    # why: Deleted and added under one key becomes one UPDATE, a "row switch". It writes what the
    # why: new object has set; a column left unset keeps its old value. Set them all.
    assert row == ("barbara", 100)


def test_whom_one_refused_row_takes_along(session: Session) -> None:
    barbara, impostor = User(name="barbara"), User(name="ada")
    session.add(barbara)
    session.flush()
    session.add(impostor)

    with pytest.raises(exc.IntegrityError):
        session.flush()

    # hint: A session can be iterated over: it yields its pending and its persistent objects.
    # hint: Barbara's INSERT went well, in a flush that is over. Was it in another transaction?
    # wrong: [barbara] -- her row is gone as well: a failed flush rolls back all that was sent
    # wrong: [impostor, barbara] -- it will not be tried again: what was new is expunged
    # wrong: [impostor] -- what was refused is not kept for a second try
    # why: A flush that fails rolls back the transaction, at once and as a whole: what earlier
    # why: flushes have written is lost too, and all that was added in it leaves the session.
    assert list(session) == []


def test_handing_on_a_unique_name(session: Session, observer: Connection) -> None:
    """Names are unique. Make way for the new alan before he is added, and commit nothing yet."""
    alan = select(User.fullname).where(User.name == "alan")
    session.delete(session.get_one(User, 3))

    # hint: In one flush, is the new row INSERTed before or after the old one is DELETEd?
    # hint: The order of your calls counts for nothing within a flush, but for all between two.
    # wrong: session.expire_all() -- nothing is sent: INSERT goes first, and the name is taken
    # wrong: session.commit() -- works, but all see that alan is gone, should the rest then fail
    # wrong: session.expunge(session.get_one(User, 3)) -- takes back the delete: his row stays
    # why: Two flushes have the order that you give them. Both are in one transaction, and
    # why: others see the change as a whole, or not at all.
    session.flush()
    session.add(User(name="alan", fullname="Alan Kay"))
    session.flush()

    assert observer.scalar(alan) == "Alan Turing"
    session.commit()
    assert observer.scalar(alan) == "Alan Kay"


def test_swapping_unique_names(session: Session, observer: Connection) -> None:
    """Names are unique. Write `swap_names`: each user gets the other's. It commits nothing."""

    def swap_names(one: User, other: User) -> None:
        # hint: An UPDATE changes one row after another. Which name is free when the first one runs?
        # hint: Put one of them on a name that nobody has. How many flushes does that take?
        # wrong: one.name, other.name = other.name, one.name -- the first UPDATE takes a taken name
        # wrong: mine, theirs = one.name, other.name -- right for some: the lower key goes first
        #        one.name = "(on its way)"
        #        session.flush()
        #        one.name, other.name = theirs, mine
        # wrong: mine, theirs = one.name, other.name -- all can see a user called "(on its way)"
        #        one.name = "(on its way)"
        #        session.commit()
        #        other.name = mine
        #        session.commit()
        #        one.name = theirs
        # why: One flush updates the rows in the order of their keys, so each step that needs the
        # why: one before it needs a flush between. Half swapped is seen by nobody: no commit.
        mine, theirs = one.name, other.name
        one.name = "(on its way)"
        session.flush()
        other.name = mine
        session.flush()
        one.name = theirs

    ada, grace, alan = session.scalars(select(User).order_by(User.id))
    names = select(User.name).order_by(User.id)

    swap_names(alan, ada)
    session.flush()
    swap_names(ada, grace)

    assert observer.scalars(names).all() == ["ada", "grace", "alan"]
    session.commit()
    assert observer.scalars(names).all() == ["grace", "alan", "ada"]


def test_a_child_without_a_relationship(session: Session, observer: Connection) -> None:
    """Rating has foreign keys, but no relationship(). Write `rate`: a new user rates product 1.

    It adds the user and the rating, and leaves the commit to its caller.
    """

    def rate(name: str, stars: int) -> None:
        # hint: What is user.id before the INSERT? And who says which row must be INSERTed first?
        # hint: A flush sorts classes by their relationships, and here there is none to go by.
        # wrong: user = User(name=name) -- the id is not known yet: user.id is None
        #        session.add_all([user, Rating(user_id=user.id, product_id=1, stars=stars)])
        # wrong: user = User(id=40, name=name) -- adding her first does not INSERT her first
        #        session.add_all([user, Rating(user_id=40, product_id=1, stars=stars)])
        # wrong: user = User(name=name) -- a commit is not for a helper: it saves half a job
        #        session.add(user)
        #        session.commit()
        #        session.add(Rating(user_id=user.id, product_id=1, stars=stars))
        # why: A ForeignKey is for the database: neither it nor the order of add() makes the flush
        # why: send the parent first. A flush between does, and it fetches the parent's id.
        user = User(name=name)
        session.add(user)
        session.flush()
        session.add(Rating(user_id=user.id, product_id=1, stars=stars))

    raters = select(User.name).join(Rating, Rating.user_id == User.id)
    rate("barbara", 5)
    session.flush()

    assert observer.scalar(select(func.count(User.id))) == 3
    session.commit()
    assert observer.scalars(raters).all() == ["barbara"]
