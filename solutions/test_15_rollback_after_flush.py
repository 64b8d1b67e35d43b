"""Rollback after flush.

A rollback undoes the transaction in the database, and the session follows: what was inserted
leaves it, what was deleted comes back, and what it knew of any row is expired. It does so by
asking the database again. It has kept no copies, so it is no undo for your Python objects.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#rolling-back
"""

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, User


def test_what_becomes_of_an_inserted_object(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    assert inspect(barbara).persistent

    session.rollback()

    # hint: Her row is gone, as if it had never been. And the session she was added to?
    # hint: Which state was she in before add()?
    # wrong: persistent -- an object is persistent as long as it has a row
    # wrong: pending -- then the next flush would insert her again without being asked
    # wrong: detached -- that is for objects which have a row, but no session
    # why: Pending or flushed, what was added in the transaction is expunged and transient again.
    assert inspect(barbara).transient


def test_what_an_inserted_object_remembers(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    assert (barbara.id, inspect(barbara).identity) == (4, (4,))

    session.rollback()

    # hint: One of the two is an attribute of your object, the other is the session's business.
    # hint: Rollback takes her out of the session. It does not go through her attributes.
    # wrong: (None, None) -- her attributes are left as they were, the id among them
    # wrong: (4, (4,)) -- a transient object has no identity: there is no such row
    # why: Transient means no identity. But the flush has written an id into the object, and
    # why: rollback leaves it there: add() her again and she is INSERTed with id 4.
    assert (barbara.id, inspect(barbara).identity) == (4, None)


def test_what_becomes_of_a_deleted_object(session: Session) -> None:
    alan = session.get_one(User, 3)
    session.delete(alan)
    session.flush()
    assert inspect(alan).deleted

    session.rollback()

    # hint: Is there a row for alan now?
    # hint: He has a row and a session. Which of the five states is that?
    # wrong: deleted -- that is only between the flush and the end of the transaction
    # wrong: detached -- that is what he would be after commit()
    # wrong: transient -- that is for objects without a row, and his is back
    # why: With the row the object is back too: deleted to persistent, in the same session.
    assert inspect(alan).persistent


def test_where_the_old_value_comes_from(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    session.flush()

    session.rollback()

    assert ada.fullname == "Ada Lovelace"
    # hint: The session has kept no copy of the old name. Who has it?
    # hint: rollback() expires. The ROLLBACK itself is not a statement in this list.
    # wrong: ["SELECT", "UPDATE"] -- then the session would have remembered the old value
    # wrong: ["SELECT", "UPDATE", "UPDATE"] -- the database takes back its rows by itself
    # wrong: ["SELECT"] -- the change was flushed, so it was sent
    # why: rollback() does not put old values back, it expires: the SELECT is the reading of
    # why: ada.fullname, in a new transaction.
    assert statements == ["SELECT", "UPDATE", "SELECT"]


def test_what_is_expired_by_a_rollback(engine: Engine, statements: list[str]) -> None:
    session = Session(engine, expire_on_commit=False)
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"

    session.rollback()

    assert [user.name for user in users] == ["ada", "grace", "alan"]
    # hint: One query has loaded three users. The change was never flushed.
    # hint: Is it only ada whom the session now distrusts? And what does the setting speak of?
    # wrong: 1 -- expire_on_commit is about commit: a rollback always expires
    # wrong: 2 -- not only what was changed: every row was read in a transaction that is undone
    # wrong: 5 -- there is no UPDATE: the change was not flushed, and rollback() discards it
    # why: A rollback expires every persistent object, changed or not, whatever expire_on_commit
    # why: says. Each is loaded again when it is read: one query and three SELECTs.
    assert len(statements) == 4


def test_what_rollback_does_not_undo(session: Session) -> None:
    barbara = User(name="barbara")
    session.add(barbara)
    session.flush()
    barbara.name = "Barbara Liskov"

    session.rollback()

    # hint: A persistent object would be expired and loaded again. What is she?
    # hint: She is transient now: there is no row from which anything could be put back.
    # wrong: "barbara" -- who would have kept that? The session has no copy, and the row is gone
    # wrong: None -- expiry is for objects that have a row; she is an ordinary Python object now
    # why: For what was new there is nothing to reload, so it stays as your code has left it.
    assert barbara.name == "Barbara Liskov"


def test_how_far_back_a_rollback_goes(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Augusta Ada King"
    session.commit()
    ada.fullname = "Lady Lovelace"
    session.flush()
    ada.fullname = "Countess of Lovelace"

    session.rollback()

    in_the_database = observer.scalar(select(User.fullname).where(User.id == 1))
    # hint: There were two changes since the commit. One was flushed. Does that save it?
    # hint: A rollback ends the transaction. When did this one begin?
    # wrong: ("Ada Lovelace", "Ada Lovelace") -- a commit is final: no rollback undoes it
    # wrong: ("Lady Lovelace", "Lady Lovelace") -- flushed is not committed
    # wrong: ("Countess of Lovelace", "Augusta Ada King") -- the change not flushed is gone too
    # why: Back to the last commit, no further and no less: flushed changes are undone by the
    # why: database, the others are discarded as the objects are expired.
    assert (ada.fullname, in_the_database) == ("Augusta Ada King", "Augusta Ada King")


def test_adding_again_what_was_rolled_back(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """Barbara was rolled back, and her id has gone to annie. Save barbara all the same."""
    barbara = User(name="barbara", addresses=[Address(email="barbara@mit.example")])
    session.add(barbara)
    session.flush()
    session.rollback()
    other_session.add(User(id=barbara.id, name="annie"))
    other_session.commit()

    # hint: Which id would her INSERT have? And her address, which user_id?
    # hint: A new object remembers nothing.
    # wrong: session.add(barbara) -- she still has id 4, and the row of that id is annie's
    # wrong: session.merge(barbara) -- finds annie under that id, and makes her a barbara
    # wrong: session.refresh(barbara) -- she is transient: there is no row to read
    # why: A rolled-back object keeps the id that the flush gave it, and its children keep it too.
    # why: To try again, build the objects again.
    session.add(User(name="barbara", addresses=[Address(email="barbara@mit.example")]))
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["annie", "barbara"]
