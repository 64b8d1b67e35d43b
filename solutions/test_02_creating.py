"""Creating.

A new object is an ordinary Python object: transient. add() makes it pending, which is a note that
the session takes and no more. A flush turns the note into an INSERT, and the object is persistent
from then on: it has a row, and a primary key. commit() flushes first, so that often nobody else
has to. Until the commit, nobody but this session sees the row.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#adding-new-or-existing-items
"""

import pytest
from sqlalchemy import Connection, exc, select, sql
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Address, Category, Purchase, User


def test_when_a_new_object_has_its_key(session: Session) -> None:
    barbara = User(name="barbara")
    keys = [barbara.id]
    session.add(barbara)
    keys.append(barbara.id)
    session.flush()
    keys.append(barbara.id)

    # hint: Users 1 to 3 are there. The database hands out the next number: when is it asked?
    # hint: It comes back from the INSERT. Which of the three lines sends that?
    # wrong: [4, 4, 4] -- User(...) makes an object: it has never heard of a database
    # wrong: [None, 4, 4] -- add() inserts nothing: she is only pending
    # wrong: [None, None, None] -- no commit is needed for it: the INSERT has been sent
    # why: The key comes with the INSERT, and the INSERT with the flush. Where you need the key
    # why: before the commit, call flush().
    assert keys == [None, None, 4]


def test_what_the_insert_says(
    session: Session, statements: list[str], observer: Connection
) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    barbara.fullname = "Barbara Liskov"
    session.commit()

    fullname = observer.scalar(select(User.fullname).where(User.name == "barbara"))
    # hint: Her full name came after the add(). What is there for the commit to send?
    # hint: Does add() write down the row, or does it write down the object?
    # wrong: (["INSERT"], None) -- no INSERT was made at add(), to be sent later
    # wrong: (["INSERT", "UPDATE"], "Barbara Liskov") -- that is two notes: there is one, on her
    # wrong: ([], None) -- commit() flushes what is pending: it need not be asked to
    # why: The session notes the object, and at the flush looks what is in it. The INSERT is made
    # why: then, from the values of that moment.
    assert (statements, fullname) == (["INSERT"], "Barbara Liskov")


def test_what_add_all_makes_of_each(session: Session) -> None:
    ada = session.get_one(User, 1)
    barbara, frances = User(name="barbara"), User(name="frances")

    with pytest.raises(orm_exc.UnmappedInstanceError):
        session.add_all([ada, barbara, barbara, {"name": "kathleen"}, frances])

    # hint: add_all() is a loop: add() for one after the other. What does add() do with each?
    # hint: session.new is what is pending: what has no row yet, and is to get one.
    # wrong: [] -- a loop does not take back what it did before the error
    # wrong: ["barbara", "barbara"] -- an object is pending or not: it is not pending twice
    # wrong: ["ada", "barbara"] -- ada has a row: for her there is nothing to add
    # wrong: ["barbara", "frances"] -- the error came at the dictionary, and frances after it
    # why: add() is for new objects of mapped classes. Of what it knows it takes no second note,
    # why: and what is not mapped, such as a dictionary or the class itself, it refuses.
    assert [user.name for user in session.new] == ["barbara"]


def test_when_the_defaults_are_filled_in(session: Session, statements: list[str]) -> None:
    """Purchase.status has the default "open". placed_at is filled in by the database."""
    purchase = Purchase(user_id=3)
    session.add(purchase)
    status = [purchase.status]
    session.flush()
    status.append(purchase.status)

    assert purchase.placed_at is not None
    # hint: The default is the column's. When does a column matter to an object?
    # hint: placed_at is known to the database alone. How else did the session learn the key?
    # wrong: (["open", "open"], ["INSERT"]) -- the default is for the row, not for the constructor
    # wrong: ([None, None], ["INSERT"]) -- what goes into the row, the object has as well
    # wrong: ([None, "open"], ["INSERT", "SELECT"]) -- the INSERT has brought back placed_at
    # why: The flush fills in the defaults, in the row and in the object. INSERT ... RETURNING
    # why: brings back what the database has filled in: there is no need to refresh().
    assert (status, statements) == ([None, "open"], ["INSERT"])


def test_a_purchase_without_a_note(session: Session, observer: Connection) -> None:
    """Purchase.note has the default "no hurry". See to it that this row has NULL there."""
    # hint: None says that there is no value. What is a default for?
    # hint: SQL has a word for it. In sqlalchemy.sql there is a function that puts it in.
    # wrong: None -- is as good as nothing said, so the default is used: "no hurry"
    # wrong: "" -- an empty string is a value, and not NULL
    # wrong: "NULL" -- a word of four letters
    # why: An attribute may be set to an SQL expression, and null() is the one for NULL. In an
    # why: UPDATE plain None will do: there, no default is in its way.
    session.add(Purchase(user_id=3, note=sql.null()))
    session.commit()

    assert observer.scalars(select(Purchase.note).order_by(Purchase.id)).all()[2:] == [None]


def test_who_comes_first(session: Session, observer: Connection) -> None:
    instruments = Category(name="instruments")
    navigation = Category(name="navigation", parent=instruments)
    compasses = Category(name="compasses", parent=navigation)

    session.add_all([compasses, instruments, navigation])
    session.commit()

    in_order = observer.scalars(select(Category.name).order_by(Category.id)).all()
    # hint: Keys are given in the order of the INSERTs. Each row holds the key of its parent.
    # hint: Whose key must be known before which INSERT? The list of add_all() is no help.
    # wrong: ["compasses", "instruments", "navigation"] -- the order of add() is not kept
    # wrong: ["compasses", "navigation", "instruments"] -- of its parent it needs the key
    # wrong: ["navigation", "instruments", "compasses"] -- instruments is the parent of navigation
    # why: A flush puts the rows in order: what is referred to goes first, and its key is copied to
    # why: where it is needed. You say who belongs to whom, by relationship, and add as you like.
    assert in_order == ["instruments", "navigation", "compasses"]


def test_adding_a_key_that_exists(session: Session, statements: list[str]) -> None:
    session.add(User(id=1, name="augusta"))

    with pytest.raises(exc.IntegrityError):
        session.commit()

    # hint: User 1 is ada. Does the session know, and has it reason to ask?
    # hint: The object is new. What does a flush make of a new object?
    # wrong: ["UPDATE"] -- add() is for new rows, whatever the key
    # wrong: ["SELECT", "UPDATE"] -- that would be merge(): it looks first
    # wrong: ["SELECT", "INSERT"] -- nothing is looked up: the database is the one to refuse it
    # why: A new object is an INSERT, even if it has a key. To change a row, load its object and
    # why: change that. Were ada loaded here, the flush would first warn that the new object
    # why: "conflicts with persistent instance", and then fail in the same way.
    assert statements == ["INSERT"]


def test_registering_a_user(session: Session, observer: Connection) -> None:
    """Write `register`: it saves user and address, and returns the user's id, but never commits."""

    def register(name: str, email: str) -> int:
        # hint: The address needs the user, and you need the id. Who provides the one and the other?
        # hint: Let the relationship take care of the foreign key; then have the INSERTs sent.
        # wrong: user = User(name=name, addresses=[Address(email=email)]) -- no id before the flush
        #        session.add(user)
        #        return user.id
        # wrong: user = User(name=name) -- user.id is None here, and so user_id will be NULL
        #        session.add_all([user, Address(email=email, user_id=user.id)])
        #        session.flush()
        #        return user.id
        # wrong: user = User(name=name, addresses=[Address(email=email)]) -- annie cannot be undone
        #        session.add(user)
        #        session.commit()
        #        return user.id
        # why: Put the objects together, and the flush passes on the keys. It sends what there is,
        # why: and leaves it to the caller whether that is to last.
        user = User(name=name, addresses=[Address(email=email)])
        session.add(user)
        session.flush()
        return user.id

    register("annie", "annie@harvard.example")
    session.rollback()
    barbara_id = register("barbara", "barbara@mit.example")
    session.commit()

    new = select(User.id, User.name, Address.email).join(User.addresses).where(User.id > 3)
    assert observer.execute(new).all() == [(barbara_id, "barbara", "barbara@mit.example")]
