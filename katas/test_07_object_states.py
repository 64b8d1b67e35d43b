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

    assert life == ___


def test_the_life_of_a_deleted_object(session: Session) -> None:
    alan = session.get_one(User, 3)

    session.delete(alan)
    life = [state(alan)]
    session.flush()
    life.append(state(alan))
    session.commit()
    life.append(state(alan))

    assert inspect(alan).was_deleted
    assert life == ___


def test_who_has_an_identity(session: Session, other_session: Session) -> None:
    transient, pending = User(id=1, name="ada"), User(id=4, name="barbara")
    persistent = session.get_one(User, 1)
    session.add(pending)
    detached = other_session.get_one(User, 2)
    other_session.close()

    users = (transient, pending, persistent, detached)
    assert [inspect(user).identity for user in users] == ___


def test_finding_the_session_of_an_object(
    session: Session, other_session: Session, observer: Connection
) -> None:
    """`save` is given a user, of whatever session. Let it commit that one."""

    def save(user: User) -> None:
        owner = ___
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
    assert [user.name for user in users if user in session] == ___

    assert (len(list(session)), len(session.identity_map)) == ___


def test_looking_without_loading(session: Session, statements: list[str]) -> None:
    """Write `loaded_addresses`: a user's addresses if they are loaded, else None. Send no SQL."""

    def loaded_addresses(user: User) -> list[Address] | None:
        ___

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
    assert [*history.deleted, *history.added] == ___


def test_an_entry_for_the_audit_log(session: Session) -> None:
    """Write `changes`: what the next flush will change in a user, as {"column": [old, new]}."""

    def changes(user: User) -> dict[str, list[object]]:
        ___

    ada = session.get_one(User, 1)
    ada.name = "ada"
    ada.fullname = "Countess of Lovelace"

    assert changes(ada) == {"fullname": ["Ada Lovelace", "Countess of Lovelace"]}
    session.flush()
    assert changes(ada) == {}
