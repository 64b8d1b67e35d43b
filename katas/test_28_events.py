"""Session events.

A session tells what it is about to do and what it has done: of transactions, flushes and
statements, and of each step in an object's life. event.listen() registers a function for an event
of one session, or of all that one sessionmaker makes. Mapped classes have events too, and some of
these happen in the middle of a flush, where little may be changed.

https://docs.sqlalchemy.org/en/21/orm/session_events.html
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection, event, orm, select
from sqlalchemy.orm import ORMExecuteState, Session

from katas.models import Item, Purchase, User

TRANSACTION_EVENTS = (
    *("after_transaction_create", "after_begin", "before_commit", "after_commit"),
    *("after_rollback", "after_soft_rollback", "after_transaction_end"),
)
FLUSH_EVENTS = ("before_flush", "after_flush", "after_flush_postexec")
LIFE_EVENTS = (
    *("before_attach", "after_attach", "loaded_as_persistent"),
    *("transient_to_pending", "pending_to_transient", "pending_to_persistent"),
    *("persistent_to_transient", "persistent_to_deleted", "persistent_to_detached"),
    *("deleted_to_persistent", "deleted_to_detached", "detached_to_persistent"),
)

Listen = Callable[[object, str, Callable[..., object]], None]
Record = Callable[..., list[str]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """event.listen(), undone by event.remove() after the test: a mapped class outlives it."""
    with ExitStack() as after_the_test:

        def listen(target: object, name: str, listener: Callable[..., object]) -> None:
            event.listen(target, name, listener)
            after_the_test.callback(event.remove, target, name, listener)

        yield listen


@pytest.fixture
def record(listen: Listen) -> Record:
    """Listens to events of a session or a class: the list it returns grows as they happen.

    With `when`, it notes an event only if that is true at the time.
    """

    def record(target: object, *names: str, when: Callable[[], bool] = lambda: True) -> list[str]:
        heard: list[str] = []

        def note(name: str) -> None:
            if when():
                heard.append(name)

        for name in names:
            listen(target, name, lambda *_, name=name: note(name))
        return heard

    return record


def test_what_is_told_when_a_transaction_begins(session: Session, record: Record) -> None:
    heard = record(session, *TRANSACTION_EVENTS)

    session.begin()
    at_begin = heard.copy()
    session.get_one(User, 1)
    at_the_query = heard[len(at_begin) :]

    assert (at_begin, at_the_query) == ___


def test_the_life_of_an_object_that_was_rolled_back(session: Session, record: Record) -> None:
    """The first two events are given. Which of the LIFE_EVENTS follow?"""
    heard = record(session, *LIFE_EVENTS)
    barbara = User(name="barbara")

    session.add(barbara)
    session.flush()
    session.rollback()

    assert heard == [
        "before_attach",
        "after_attach",
        *___,
    ]


def test_when_new_objects_are_still_new(session: Session, record: Record) -> None:
    """Which of the five events find barbara in `session.new`? Name them in their order."""
    barbara = User(name="barbara")
    session.add(barbara)
    events = ("after_commit", "before_commit", *FLUSH_EVENTS)
    heard = record(session, *events, when=lambda: barbara in session.new)

    session.commit()

    assert heard == ___


def test_what_a_class_hears_of_its_objects(session: Session, record: Record) -> None:
    heard = record(User, "init", "load", "refresh", "expire")

    ada = session.get_one(User, 1)
    session.commit()
    assert ada.name == "ada"

    assert heard == ___


def test_a_change_in_the_middle_of_a_flush(
    session: Session, observer: Connection, listen: Listen
) -> None:
    """The purchase and its item are new. The listener is told of the item."""

    def say_so(mapper: object, connection: Connection, item: Item) -> None:
        item.purchase.note = "has items"

    listen(Item, "before_insert", say_so)
    purchase = Purchase(user_id=3, items=[Item(name="tape")])
    session.add(purchase)
    session.flush()
    in_memory = purchase.note
    session.commit()

    in_the_database = observer.scalar(select(Purchase.note).where(Purchase.user_id == 3))
    assert (in_memory, in_the_database) == ___


def test_cancelling_instead_of_deleting(session: Session, observer: Connection) -> None:
    """Write the body: nothing is ever deleted, and a purchase becomes "cancelled" instead."""

    @event.listens_for(session, "before_flush")
    def cancel(session: Session, *_: object) -> None:
        ___

    session.delete(session.get_one(Purchase, 1))
    session.commit()

    statuses = observer.scalars(select(Purchase.status).order_by(Purchase.id)).all()
    assert statuses == ["cancelled", "open"]
    assert observer.scalars(select(Item.name).order_by(Item.id)).all() == ["cards", "ink", "clock"]


def test_hiding_what_was_cancelled(session: Session) -> None:
    """Write the body: no query and no list shows a purchase that was cancelled."""
    graces = session.get_one(Purchase, 2)
    graces.status = "cancelled"
    session.commit()

    @event.listens_for(session, "do_orm_execute")
    def hide_cancelled(state: ORMExecuteState) -> None:
        ___

    assert graces.status == "cancelled"
    assert session.scalars(select(Purchase.user_id)).all() == [1]
    assert session.scalars(select(User.name).join(User.purchases)).all() == ["ada"]
    assert session.get_one(User, 2).purchases == []


def test_a_mail_for_whoever_was_saved(session: Session) -> None:
    """Write the body: who is `waiting` gets a mail, but only when nothing can undo the row."""
    waiting: dict[User, str] = {}
    sent: list[str] = []
    event.listen(session, "pending_to_persistent", lambda _, new: waiting.update({new: new.name}))
    event.listen(session, "persistent_to_transient", lambda _, undone: waiting.pop(undone))

    @event.listens_for(session, "after_commit")
    def send(session: Session) -> None:
        ___

    with session.begin_nested():
        session.add(User(name="barbara"))
    session.rollback()
    with session.begin_nested():
        session.add(User(name="annie"))
    session.commit()
    session.commit()

    assert sent == ["annie"]
