"""Object states.

Two questions decide which state an object is in: is it in a session, and does it stand for a row?
It is transient, pending, persistent, deleted or detached, and never two of them at once. The
states, and whatever else SQLAlchemy knows of one object, can be read from inspect(): it only
looks at the object, and sends no SQL.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#quickie-intro-to-object-states
"""

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, Base, User


def state(instance: Base) -> str:
    """The name of the state that an object is in."""
    states = ("transient", "pending", "persistent", "deleted", "detached")
    return next(name for name in states if getattr(inspect(instance), name))


def test_the_life_of_a_new_object(session: Session) -> None:
    barbara = User(name="barbara")
    assert state(barbara) == "transient"

    session.add(barbara)
    life = [state(barbara)]
    session.flush()
    life.append(state(barbara))
    session.commit()
    life.append(state(barbara))
    session.close()
    life.append(state(barbara))

    # hint: After each step ask two things: is she in a session, and has her row been INSERTed?
    # hint: The first state is named for what is still to come, the last for what she has lost.
    # wrong: ["pending", "pending", "persistent", "detached"] -- it is the flush that INSERTs
    # wrong: ["persistent", "persistent", "persistent", "detached"] -- add() INSERTs nothing
    # wrong: ["pending", "persistent", "detached", "detached"] -- a commit lets no object go
    # wrong: ["pending", "persistent", "persistent", "transient"] -- she has a row: it was committed
    # why: add() makes an object pending, the flush makes it persistent, and close() detaches it. A
    # why: commit leaves it persistent: it ends the transaction, and not the session.
    assert life == ["pending", "persistent", "persistent", "detached"]


def test_the_life_of_a_deleted_object(session: Session) -> None:
    alan = session.get_one(User, 3)

    session.delete(alan)
    life = [state(alan)]
    session.flush()
    life.append(state(alan))
    session.commit()
    life.append(state(alan))

    assert inspect(alan).was_deleted
    # hint: delete() takes a note, the flush sends the DELETE, the commit makes it final.
    # hint: As long as a rollback can bring him back, the session has to know of him.
    # wrong: ["deleted", "deleted", "detached"] -- delete() only marks: his row is there as ever
    # wrong: ["persistent", "persistent", "deleted"] -- from the flush on he has no row
    # wrong: ["persistent", "deleted", "transient"] -- he had a row, and his key still names it
    # why: The state "deleted" lasts from the flush to the commit. Then he is detached as others
    # why: are, and inspect(alan).was_deleted alone tells the difference. Only in a session with
    # why: expire_on_commit=False the commit leaves him as he is, "deleted".
    assert life == ["persistent", "deleted", "detached"]


def test_who_has_an_identity(session: Session, other_session: Session) -> None:
    transient, pending = User(id=1, name="ada"), User(id=4, name="barbara")
    persistent = session.get_one(User, 1)
    session.add(pending)
    detached = other_session.get_one(User, 2)
    other_session.close()

    users = (transient, pending, persistent, detached)
    # hint: All four have an id. Of which of them did SQLAlchemy ever see a row?
    # hint: A flush or a query gives an object its identity. Does close() take it away?
    # wrong: [(1,), (4,), (1,), (2,)] -- you can write into the id what you like: it proves no row
    # wrong: [None, (4,), (1,), (2,)] -- barbara has not been INSERTed yet, and may never be
    # wrong: [None, None, (1,), None] -- what is detached has left its session: its row is the same
    # why: The identity says "there is a row, and this is its key". An id that you set is a wish.
    # why: Once given, the identity stays, and so a detached object can find its row again.
    assert [inspect(user).identity for user in users] == [None, None, (1,), (2,)]


def test_finding_the_session_of_an_object(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """`save` is given a user, of whatever session. Let it commit that one."""

    def save(user: User) -> None:
        # hint: There are two sessions here. Ask the user which of them it is in.
        # hint: inspect() knows it. Session has a static method for it, too.
        # wrong: session -- is right for ada by accident, and grace is in the other one
        # wrong: Session() -- a new session: it has neither of the two users, nor a database
        # wrong: Session.object_session(User(id=user.id)) -- not that user: a new one, in no session
        # why: An object knows its session, and so does inspect(user).session. For an object that is
        # why: in none, both are None.
        owner = Session.object_session(user)
        assert owner is not None
        owner.commit()

    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    save(ada)
    grace = other_session.get_one(User, 2)
    grace.fullname = "Admiral Hopper"
    save(grace)

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["Countess of Lovelace", "Admiral Hopper", "Alan Turing"]


def test_what_is_in_a_session(session: Session) -> None:
    ada, alan = session.get_one(User, 1), session.get_one(User, 3)
    session.delete(alan)
    session.flush()
    annie, barbara = User(name="annie"), User(name="barbara")
    session.add(barbara)

    users = [ada, alan, annie, barbara]
    # hint: Their states are persistent, deleted, transient and pending.
    # hint: For which of them may a later flush have something to send?
    # wrong: ["ada"] -- barbara waits in session.new for her INSERT: she is in it
    # wrong: ["ada", "alan", "barbara"] -- for alan there is nothing left to send
    # wrong: ["ada", "alan"] -- those two were loaded by it, but one has been deleted since
    # why: What is pending or persistent is in the session. alan has left it with his DELETE, even
    # why: if inspect(alan).session still names the one that would take him back after a rollback.
    assert [user.name for user in users if user in session] == ["ada", "barbara"]

    # hint: Iterating over a session yields all that is in it.
    # hint: The identity map is filed by key. Who has a key?
    # wrong: (2, 2) -- barbara has no row, and so no key under which she could be filed
    # wrong: (1, 1) -- the session is more than its identity map: it has session.new as well
    # wrong: (3, 2) -- alan has left both
    # why: A session holds its new objects and its identity map: what is pending is in the first
    # why: only, and joins the second when the flush gives it a key.
    assert (len(list(session)), len(session.identity_map)) == (2, 1)


def test_looking_without_loading(session: Session, statements: list[str]) -> None:
    """Write `loaded_addresses`: a user's addresses if they are loaded, else None. Send no SQL."""

    def loaded_addresses(user: User) -> list[Address] | None:
        # hint: To read the attribute is to load it. Ask inspect(user) first.
        # hint: It has a set with the names of all that is not there yet.
        # wrong: return user.addresses -- loads them, with a SELECT
        # wrong: return getattr(user, "addresses", None) -- the attribute is always there: it loads
        # wrong: return inspect(user).attrs.addresses.value -- the same as user.addresses: a SELECT
        # why: inspect(user).unloaded names what reading would have to load. So a serializer can
        # why: leave out what nobody asked for, and not send a SELECT for each object.
        return None if "addresses" in inspect(user).unloaded else user.addresses

    ada, grace = session.get_one(User, 1), session.get_one(User, 2)
    assert [address.id for address in ada.addresses] == [1, 2]
    statements.clear()

    assert loaded_addresses(ada) == ada.addresses
    assert loaded_addresses(grace) is None
    assert statements == []


def test_how_far_back_history_goes(session: Session) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    session.flush()
    ada.fullname = "Lady Lovelace"
    ada.fullname = "Augusta Ada King"

    history = inspect(ada).attrs.fullname.history
    # hint: history.deleted has the value to be replaced, history.added the one to replace it.
    # hint: History is kept for the flush: it says what is still to be sent.
    # wrong: ["Ada Lovelace", "Augusta Ada King"] -- a flush was between: history begins anew there
    # wrong: ["Lady Lovelace", "Augusta Ada King"] -- it begins with what was last sent
    # wrong: ["Ada Lovelace", "Countess of Lovelace"] -- that has been sent already
    # why: History goes back to the last flush, and no further. It is no record of a transaction:
    # why: who needs one has to write it down at each flush.
    assert [*history.deleted, *history.added] == ["Countess of Lovelace", "Augusta Ada King"]


def test_an_entry_for_the_audit_log(session: Session) -> None:
    """Write `changes`: what the next flush will change in a user, as {"column": [old, new]}."""

    def changes(user: User) -> dict[str, list[object]]:
        # hint: The old value is in the database and in the history. A query would flush first.
        # hint: Go through inspect(user).attrs: each has a key and a history; has_changes() helps.
        # wrong: return inspect(user).committed_state -- old values only, also of what is the same
        # wrong: old = session.scalar(select(User.fullname).where(User.id == user.id)) -- autoflush
        #        return {"fullname": [old, user.fullname]}
        # why: Before a flush the history has old and new values of all that was set, and asks
        # why: nobody for them. An attribute that was set without being loaded has no old value.
        return {
            attribute.key: [*attribute.history.deleted, *attribute.history.added]
            for attribute in inspect(user).attrs
            if attribute.history.has_changes()
        }

    ada = session.get_one(User, 1)
    ada.name = "ada"
    ada.fullname = "Countess of Lovelace"

    assert changes(ada) == {"fullname": ["Ada Lovelace", "Countess of Lovelace"]}
    session.flush()
    assert changes(ada) == {}
