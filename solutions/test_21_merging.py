"""merge().

merge() copies. What is set in an object, whether that is transient, detached or in another
session, it sets in this session's own object for the same primary key, which it loads or makes if
need be, and returns. The objects that the given one refers to are merged in the same way.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#merging
"""

import pytest
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, Product, User


def test_which_object_is_saved(session: Session, observer: Connection) -> None:
    form = User(id=1, fullname="Countess of Lovelace")

    session.merge(form)
    form.fullname = "Lady Lovelace"
    session.commit()

    # hint: add() would make the very object a part of the session. Is merge() another add()?
    # hint: Try `form in session`.
    # wrong: persistent -- the session has an object for row 1, but form is another one
    # wrong: pending -- then it would be INSERTed, as by add()
    # wrong: detached -- it never had a session, nor was it loaded from a row
    # why: merge() leaves the object that it is given alone: it is what it was before.
    assert inspect(form).transient
    # hint: When was form read? And who looked at it after that?
    # hint: The session's own user has been told of one of the two names.
    # wrong: "Lady Lovelace" -- said to form, when nobody listened to it any more
    # wrong: "Ada Lovelace" -- what form said at the merge() was flushed by the commit
    # why: Values are copied at the call, once. What you want to change after that, change in the
    # why: object that merge() returns: ada = session.merge(form).
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_a_copy_of_what_is_loaded(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """The change was made in a detached copy, but `session` has an ada already. Save it there."""
    ada = session.get_one(User, 1)
    changed = other_session.get_one(User, 1)
    other_session.close()
    changed.fullname = "Countess of Lovelace"

    # hint: One row, one object: what can a session do with a second object for row 1?
    # hint: It is not the object that ada needs, but what is in it.
    # wrong: session.add(changed) -- "another instance with key ... is already present"
    # wrong: session.refresh(ada) -- reads the row, and that has not changed
    # wrong: ada = changed -- a second name for the copy: nobody saves it
    # why: Where add() has to refuse, merge() copies the values into the object that is there. The
    # why: session has loaded ada, so not even a SELECT is needed.
    session.merge(changed)
    session.commit()

    assert ada.fullname == "Countess of Lovelace"
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_what_is_asked_and_what_is_sent(session: Session, statements: list[str]) -> None:
    def sent_by_merge(user: User) -> list[str]:
        statements.clear()
        session.merge(user)
        session.flush()
        return list(statements)

    # hint: The session holds no user 1. How does it find out what has to be changed?
    # hint: After that it knows the row, and merge() is an assignment to its attributes.
    # wrong: ["UPDATE"] -- whether there is such a row, the session cannot know
    # wrong: ["INSERT"] -- that would be add()
    # wrong: ["SELECT"] -- ada's fullname was another one
    # why: What is not in the identity map is loaded by its key. Then it is an ordinary change: had
    # why: nothing been different, no UPDATE would have followed.
    assert sent_by_merge(User(id=1, fullname="Countess of Lovelace")) == ["SELECT", "UPDATE"]
    # hint: There is no user 9, but somebody has to find that out.
    # hint: What is not there cannot be updated.
    # wrong: ["SELECT", "UPDATE"] -- of which row?
    # wrong: ["INSERT"] -- there is a key, and so it is looked up first
    # why: It was not found, so it is new. That is no upsert: if somebody else inserts user 9 after
    # why: the SELECT, the INSERT fails. Where that can happen, use INSERT ... ON CONFLICT.
    assert sent_by_merge(User(id=9, name="barbara")) == ["SELECT", "INSERT"]
    # hint: For what should the session look?
    # hint: The name is unique, but it is not the primary key.
    # wrong: ["SELECT", "INSERT"] -- merge() looks for a primary key, and annie has none
    # wrong: ["SELECT", "UPDATE"] -- nothing was found, since nothing was looked for
    # why: Without a key it can only be new. A unique column does not count: merge() with a name
    # why: that is taken ends in an IntegrityError.
    assert sent_by_merge(User(name="annie")) == ["INSERT"]


def test_what_an_empty_field_means(session: Session, observer: Connection) -> None:
    form = User(id=1, fullname=None)
    assert form.name is None

    session.merge(form)
    session.commit()

    row = observer.execute(select(User.name, User.fullname).where(User.id == 1)).one()
    # hint: Both read None. What is the difference between the two?
    # hint: Look at form.__dict__: what is in it, is copied.
    # wrong: ("ada", "Ada Lovelace") -- None is a value, and it was set
    # wrong: (None, None) -- the name was never set, and reading it does not set it
    # wrong: (None, "Ada Lovelace") -- the other way round: what was set is copied
    # why: merge() does not replace the row: what was never set is left alone, and what was set
    # why: to None becomes NULL. Pass on no None for a field that a form did not have.
    assert row == ("ada", None)


def test_what_becomes_of_a_list(session: Session, observer: Connection) -> None:
    form = User(id=1, addresses=[Address(id=1), Address(email="ada@work.example")])

    session.merge(form)
    session.commit()

    # hint: Addresses 1 and 2 were ada's, and 3 is grace's. Which of them does the form name?
    # hint: A list that was set is copied as any other value is: as a whole.
    # hint: An address that is taken out of its user's list has no user any more. Its row stays.
    # wrong: [1, 1, 2, 1] -- her list is not added to: it is set
    # wrong: [1, 2, 1] -- address 2 is not deleted: that would take another cascade
    # wrong: [1, None, 2] -- the new address is merged as well, and has no key: an INSERT
    # why: merge() goes on to what the form refers to, and then makes ada's list what the form's
    # why: list is: if that shows only some of her addresses, the others are lost to her. The
    # why: purchases were never set in the form, and so they are left alone.
    assert observer.scalars(select(Address.user_id).order_by(Address.id)).all() == [1, None, 2, 1]


def test_one_cached_object_for_many_sessions(
    engine: Engine, session: Session, other_session: Session, statements: list[str]
) -> None:
    """Write `from_cache`: each session has an ada of its own, and nobody asks the database."""
    with Session(engine) as loader:
        cached = loader.get_one(User, 1)

    def from_cache(session: Session) -> User:
        # hint: The cached object must join no session: it is needed again.
        # hint: merge() asks the database what is different. A parameter of it says: nothing is.
        # wrong: return session.merge(cached) -- it looks in the database whether row 1 has changed
        # wrong: return session.get_one(User, 1) -- asks the database, and not the cache
        # wrong: session.add(cached) -- fine for one session: the next one cannot have it
        #        return cached
        # why: With load=False the session believes what it is given, and copies it as if it came
        # why: from the row. So it has to be as loaded: what is transient or changed is refused.
        return session.merge(cached, load=False)

    mine, theirs = from_cache(session), from_cache(other_session)

    assert (mine.name, theirs.name) == ("ada", "ada")
    assert mine in session
    assert theirs in other_session
    assert statements == ["SELECT"]


@pytest.mark.since("2.1")
def test_saving_a_delivery(session: Session, observer: Connection) -> None:
    """Product 1 is known, product 3 is not. Save them, in one call."""
    delivery = [Product(id=1, stock=30), Product(id=3, name="sundial", stock=5)]

    # hint: add() has a form for lists, and since 2.1 it is not the only one.
    # hint: Some are new and some are not: it takes somebody who looks.
    # wrong: session.add_all(delivery) -- INSERTs both of them, and there is a product 1
    # wrong: session.merge(delivery) -- takes one object, and a list is none
    # wrong: session.commit() -- of what? The session has never heard of the delivery
    # why: merge_all() merges one after the other, and returns the session's own objects in a list.
    # why: Before 2.1: [session.merge(product) for product in delivery].
    session.merge_all(delivery)
    session.commit()

    rows = observer.execute(select(Product.name, Product.stock).order_by(Product.id)).all()
    assert rows == [("compass", 30), ("abacus", 3), ("sundial", 5)]


def test_a_user_from_another_session(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """A background job has a session of its own. Give the address a user of that session."""

    def save_address(user: User, email: str) -> None:
        with Session(engine) as own_session:
            # hint: add() goes along Address.user. What does it find there, if you pass the user?
            # hint: It must be the user that own_session has for his key.
            # wrong: user -- "already attached to session": he belongs to the caller's
            # wrong: User(id=user.id, name=user.name) -- a new object: that is an INSERT
            # wrong: session.merge(user) -- in his own session: there the object for him is he
            # why: merge() reads an object, whatever session it is in, and returns one that is yours
            # why: to use. Better still: give a job the key alone, and let it get() the user. The
            # why: caller's object may be in use by the caller's thread.
            address = Address(email=email, user=own_session.merge(user))
            own_session.add(address)
            own_session.commit()

    save_address(session.get_one(User, 3), "alan@bletchley.example")

    emails = observer.scalars(select(Address.email).where(Address.user_id == 3)).all()
    assert emails == ["alan@bletchley.example"]
