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

    # hint: All seven TRANSACTION_EVENTS are recorded. Two of them happen here.
    # hint: One is told of the session's own transaction, one of a connection that joins it.
    # hint: When does a session take a connection from the pool?
    # wrong: (["after_transaction_create", "after_begin"], []) -- begin() takes no connection
    # wrong: (["after_begin"], []) -- begin() sends no BEGIN: that waits for the first statement
    # wrong: ([], ["after_transaction_create", "after_begin"]) -- begin() does begin something
    # why: after_begin is told when a connection joins the transaction, and gets that connection:
    # why: the place for a setting which is to hold for one transaction. A savepoint is a level of
    # why: its own, and is told of by these events once more.
    assert (at_begin, at_the_query) == (["after_transaction_create"], ["after_begin"])


def test_the_life_of_an_object_that_was_rolled_back(session: Session, record: Record) -> None:
    """The first two events are given. Which of the LIFE_EVENTS follow?"""
    heard = record(session, *LIFE_EVENTS)
    barbara = User(name="barbara")

    session.add(barbara)
    session.flush()
    session.rollback()

    # hint: add() attaches her: that is two events. Each of the others is from one state to another.
    # hint: Name her state before the first line, and after each of the three.
    # wrong: ["transient_to_pending", "pending_to_persistent"] -- the rollback tells of her too
    # wrong: [ -- what is detached has a row, and hers is gone
    #            "transient_to_pending", "pending_to_persistent", "persistent_to_detached"
    #        ]
    # wrong: ["pending_to_persistent", "persistent_to_transient"] -- add() is a change of state
    # wrong: ["transient_to_pending", "pending_to_transient"] -- she had been flushed by then
    # why: Each change of state is an event, also the one that undoes an INSERT. The session holds
    # why: her weakly once she is flushed: of an object that nobody keeps, it cannot tell.
    assert heard == [
        "before_attach",
        "after_attach",
        *["transient_to_pending", "pending_to_persistent", "persistent_to_transient"],
    ]


def test_when_new_objects_are_still_new(session: Session, record: Record) -> None:
    """Which of the five events find barbara in `session.new`? Name them in their order."""
    barbara = User(name="barbara")
    session.add(barbara)
    events = ("after_commit", "before_commit", *FLUSH_EVENTS)
    heard = record(session, *events, when=lambda: barbara in session.new)

    session.commit()

    # hint: The commit is told first. Then it flushes, and only then does it send COMMIT.
    # hint: Two events come after the SQL of a flush. Between them, the session does its accounts.
    # wrong: ["before_commit", "before_flush"] -- her row is written, but she still counts as new
    # wrong: ["before_flush", "after_flush"] -- commit() tells of itself before it flushes
    # wrong: ["before_flush", "before_commit", "after_flush"] -- its flush is part of the commit
    # wrong: [ -- after_flush_postexec comes when the session has taken note that she is saved
    #            "before_commit", "before_flush", "after_flush", "after_flush_postexec"
    #        ]
    # why: before_commit can still add to the work. In after_flush all rows are written and have
    # why: ids, while new, dirty and deleted still say what was done: the place for a report. What
    # why: you change in after_flush_postexec waits for the next flush.
    assert heard == ["before_commit", "before_flush", "after_flush"]


def test_what_a_class_hears_of_its_objects(session: Session, record: Record) -> None:
    heard = record(User, "init", "load", "refresh", "expire")

    ada = session.get_one(User, 1)
    session.commit()
    assert ada.name == "ada"

    # hint: "init" is for __init__(). Who calls User(...) here?
    # hint: An object is made once. What happens to it at the commit, and when the name is read?
    # wrong: ["init", "load", "expire", "refresh"] -- a row becomes an object without __init__()
    # wrong: ["load", "expire", "load"] -- she was not made again: her attributes were filled again
    # wrong: ["load", "refresh"] -- the commit has erased what was loaded, and tells of that
    # why: load is told once, when a row becomes an object, and refresh when it is read again.
    # why: __init__() is for objects that you make: what a loaded one needs is done at load.
    assert heard == ["load", "expire", "refresh"]


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
    # hint: A purchase without a note gets "no hurry". Which of the two rows is INSERTed first?
    # hint: After the flush, does the session think that anything is left to be saved?
    # wrong: ("has items", "has items") -- the purchase had been INSERTed when its note was changed
    # wrong: ("no hurry", "no hurry") -- it is a Python attribute: nobody has set it back
    # wrong: ("has items", None) -- the INSERT was sent with the default
    # why: A mapper event comes while the flush carries out its plan. At the end all of the purchase
    # why: counts as saved, so the change is lost, without a word. Set columns of the very object
    # why: that the event is about, or use the connection: a session.add() is only warned of here.
    assert (in_memory, in_the_database) == ("has items", "no hurry")


def test_cancelling_instead_of_deleting(session: Session, observer: Connection) -> None:
    """Write the body: nothing is ever deleted, and a purchase becomes "cancelled" instead."""

    @event.listens_for(session, "before_flush")
    def cancel(session: Session, *_: object) -> None:
        # hint: session.deleted has what is marked, and add() takes a mark away: see chapter 05.
        # hint: session.delete() has cascaded to the items: they are in session.deleted as well.
        # wrong: for deleted in session.deleted: -- it is changed, and then it is deleted
        #            if isinstance(deleted, Purchase):
        #                deleted.status = "cancelled"
        # wrong: for deleted in session.deleted: -- the cascade has marked its items: they are gone
        #            if isinstance(deleted, Purchase):
        #                session.add(deleted)
        #                deleted.status = "cancelled"
        # wrong: for deleted in session.deleted: -- it stays, but in no session: nothing is saved
        #            if isinstance(deleted, Purchase):
        #                deleted.status = "cancelled"
        #                session.expunge(deleted)
        # why: before_flush comes before the plan is made: what is added, deleted or changed here is
        # why: a part of this very flush. It is the one place where a listener is free to do so.
        for deleted in session.deleted:
            session.add(deleted)
            if isinstance(deleted, Purchase):
                deleted.status = "cancelled"

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
        # hint: The event comes before each statement; state.statement is yours to replace.
        # hint: The module orm has a loader option for it, which has criteria in its name.
        # hint: It takes the class and the condition, and a statement takes it by options().
        # wrong: state.statement.options( -- statements are not changed: options() returns a new one
        #            orm.with_loader_criteria(Purchase, Purchase.status != "cancelled")
        #        )
        # wrong: state.statement = state.statement.where( -- to reload graces is a SELECT as well
        #            Purchase.status != "cancelled"
        #        )
        # wrong: if state.bind_mapper is Purchase.__mapper__: -- a query for users may join them
        #            state.statement = state.statement.where(Purchase.status != "cancelled")
        # why: Queries, lazy loads, insert(), update(): whatever a session executes passes here, but
        # why: not what a flush sends. The criteria go wherever the class is selected from, in joins
        # why: and lists too, and leave alone the reload of an object that you hold.
        if state.is_select:
            state.statement = state.statement.options(
                orm.with_loader_criteria(Purchase, Purchase.status != "cancelled")
            )

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
        # hint: The event comes with each release of a savepoint as well. Is that for good?
        # hint: The session has a method that says whether it is in a savepoint.
        # wrong: sent.extend(waiting.values()) -- barbara's savepoint was released, then rolled back
        #        waiting.clear()
        # wrong: if not session.in_nested_transaction(): -- annie gets another mail at each commit
        #            sent.extend(waiting.values())
        # wrong: if not session.in_transaction(): -- the transaction is not quite over yet: no mail
        #            sent.extend(waiting.values())
        #            waiting.clear()
        # wrong: sent.extend(session.scalars(select(User.name))) -- the time for SQL is over here
        # why: after_commit is the place for what can't be undone, such as a mail; but it is told of
        # why: savepoints too. The session is "in 'committed' state" there, and sends no SQL: have
        # why: the plain values ready.
        if not session.in_nested_transaction():
            sent.extend(waiting.values())
            waiting.clear()

    with session.begin_nested():
        session.add(User(name="barbara"))
    session.rollback()
    with session.begin_nested():
        session.add(User(name="annie"))
    session.commit()
    session.commit()

    assert sent == ["annie"]
