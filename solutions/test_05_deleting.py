"""Deleting objects.

delete() tells the session that an object's row is to go. It comes about in steps: the session
takes note, a flush sends its work to the database, and a commit, which begins with a flush, makes
that final. What becomes of the rows that refer to this one is a part of the work. The Python
object is another matter: it lives on for as long as you refer to it.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#deleting
"""

import pytest
from sqlalchemy import Connection, exc, func, select
from sqlalchemy.orm import Session

from katas.models import Account, Address, User


def test_how_far_a_delete_has_come(
    session: Session, statements: list[str], observer: Connection
) -> None:
    account = session.get_one(Account, 1)
    statements.clear()

    session.delete(account)
    sent_by_delete = list(statements)
    session.flush()

    left_for_others = observer.scalar(select(func.count(Account.id)))
    # hint: There were two accounts. delete() has put one of them into session.deleted.
    # hint: Which of the steps sends SQL? After which do others see that the row is gone?
    # wrong: (["DELETE"], 1) -- delete() only marks, and without a commit others see the row
    # wrong: (["DELETE"], 2) -- delete() sends no DELETE: that is done by the flush
    # wrong: ([], 1) -- the DELETE was sent, but in a transaction that is still open
    # why: delete() marks, the flush sends the DELETE, and only after the commit do others see it.
    assert (sent_by_delete, left_for_others) == ([], 2)


def test_what_the_list_of_a_parent_shows(session: Session) -> None:
    ada = session.get_one(User, 1)
    session.delete(ada.addresses[0])

    session.flush()
    after_flush = len(ada.addresses)
    session.commit()
    after_commit = len(ada.addresses)

    # hint: Ada has two addresses, and her list of them was loaded. Who would take one out of it?
    # hint: A flush writes rows. A commit makes the session forget what it has loaded.
    # wrong: (1, 1) -- the flush sent the DELETE, and did not look into any list
    # wrong: (2, 2) -- after the commit the list is loaded again, and one row is left
    # why: A list that is loaded is left as it is: the flush never edits one. Take the child out
    # why: of the list yourself, or have the list loaded again.
    assert (after_flush, after_commit) == (2, 1)


def test_what_it_takes_to_delete_a_parent(session: Session, statements: list[str]) -> None:
    """An address may be without a user. Nothing in the models says that it goes with him."""
    session.add(Address(email="alan@bletchley.example", user_id=3))
    session.flush()
    alan = session.get_one(User, 3)
    statements.clear()

    session.delete(alan)
    session.flush()

    # hint: The address refers to alan. What would the database say to a DELETE of him alone?
    # hint: The session knows the relationship, but alan's addresses it has yet to find out.
    # wrong: {"DELETE"} -- the database would refuse: an address must not refer to nobody
    # wrong: {"UPDATE", "DELETE"} -- which addresses to UPDATE? The list was not loaded before
    # wrong: {"SELECT", "DELETE"} -- that is for children which go with their parent
    # why: The session loads the children, sets their foreign key to NULL, and then DELETEs. Where
    # why: the key must not be NULL, that is an IntegrityError: chapter 23 has the cures.
    assert set(statements) == {"SELECT", "UPDATE", "DELETE"}


def test_changing_your_mind_before_the_flush(session: Session, observer: Connection) -> None:
    """Alan is to stay, and to be changed. Take back the delete, and nothing but the delete."""
    ada, alan = session.get_one(User, 1), session.get_one(User, 3)
    ada.fullname = "Countess of Lovelace"
    session.delete(alan)

    # hint: Nothing has been sent for him: he is marked, and no more.
    # hint: You know the call from new objects. It says: "there is to be a row for this one".
    # wrong: session.deleted.remove(alan) -- session.deleted is made anew each time: this is a copy
    # wrong: session.rollback() -- alan stays, but the change to ada is undone as well
    # wrong: session.expunge(alan) -- he stays, but out of the session: no change of his is saved
    # why: As long as the DELETE was not sent, add() takes the mark away: from this object, not from
    # why: children that a cascade has marked with it.
    session.add(alan)
    alan.fullname = "Alan Mathison Turing"
    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Countess of Lovelace", "Grace Hopper", "Alan Mathison Turing"]


def test_an_object_that_was_never_saved(session: Session, observer: Connection) -> None:
    """Barbara is not to be saved after all. Take her out, and nothing else."""
    ada = session.get_one(User, 1)
    barbara = User(name="barbara", fullname="Barbara Liskov")
    session.add(barbara)
    ada.fullname = "Countess of Lovelace"

    # hint: She has no row that could be deleted. It is the add() that is to be undone.
    # hint: The method's name means to strike out of a list.
    # wrong: session.delete(barbara) -- InvalidRequestError, "is not persisted": there is no row
    # wrong: del barbara -- the session itself holds what is still to be INSERTed
    # wrong: session.new.remove(barbara) -- session.new is made anew each time: this is a copy
    # wrong: session.rollback() -- barbara is out, but the change to ada is undone as well
    # why: delete() is for objects with a row. expunge() takes an object out of the session, and
    # why: a new one is thereby as it was before add().
    session.expunge(barbara)
    session.commit()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Countess of Lovelace", "Grace Hopper", "Alan Turing"]


def test_putting_back_what_was_deleted(session: Session, observer: Connection) -> None:
    """Alan was deleted in error, and it is committed. Give him his row back, just as it was."""
    alan = session.get_one(User, 3)
    session.delete(alan)
    session.commit()
    with pytest.raises(exc.InvalidRequestError, match="has been deleted"):
        session.add(alan)

    # hint: The row is gone, the object is not. What can you still read from it?
    # hint: Only a new object is INSERTed.
    # wrong: session.rollback() -- a commit is final: no rollback goes behind it
    # wrong: session.refresh(alan) -- he is not in the session any more, and there is no row
    # wrong: session.flush() -- there is nothing to send: add() has refused him
    # why: What was deleted keeps the values that it had, also after the commit, and so a new
    # why: object can be made from it. Or else: make_transient(alan), and then add() takes him.
    session.add(User(id=alan.id, name=alan.name, fullname=alan.fullname))
    session.commit()

    row = observer.execute(select(User.id, User.fullname).where(User.name == "alan")).one()
    assert row == (3, "Alan Turing")


@pytest.mark.since("2.1")
def test_deleting_several_objects(session: Session, observer: Connection) -> None:
    """Delete all addresses of ada's, and no others, in one call."""
    ada = session.get_one(User, 1)

    # hint: What add() is for one object, add_all() is for several.
    # hint: The objects are in ada.addresses. It is they that are to be deleted, not the list.
    # wrong: session.delete(ada.addresses) -- a list has no row: delete() takes one mapped object
    # wrong: ada.addresses.clear() -- the rows stay, with no user: they were only taken from ada
    # wrong: session.delete_all(session.scalars(select(Address))) -- grace's address goes too
    # why: delete_all() is delete() in a loop, and new in 2.1: each is marked, none DELETEd yet.
    session.delete_all(ada.addresses)
    session.commit()

    assert observer.scalars(select(Address.email)).all() == ["grace@navy.example"]


def test_deleting_by_id(session: Session, observer: Connection) -> None:
    """Write `delete_user`, for a web page's delete button. Return whether there was such a user."""

    def delete_user(user_id: int) -> bool:
        # hint: delete() takes an object, and the object must stand for a row.
        # hint: How do you get a user whose id you know? What do you get if there is none?
        # wrong: session.delete(user_id) -- a number is no mapped object
        #        return True
        # wrong: session.delete(User(id=user_id)) -- "is not persisted": made here, never loaded
        #        return True
        # wrong: session.delete(session.get_one(User, user_id)) -- raises for user 99
        #        return True
        # wrong: return session.get(User, user_id) is not None -- says so, and deletes nobody
        # why: Load it, then delete it: so the session can see to the rows that refer to it, as it
        # why: does here for grace's address and her purchase.
        user = session.get(User, user_id)
        if user is None:
            return False
        session.delete(user)
        return True

    assert (delete_user(2), delete_user(99)) == (True, False)

    session.commit()
    assert observer.scalars(select(User.name).order_by(User.id)).all() == ["ada", "alan"]
