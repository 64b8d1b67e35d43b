"""Autobegin.

A session begins its transaction by itself, as soon as there is something to keep track of: SQL
that is sent, reading included, but also add() or a changed attribute. It ends with commit(),
rollback() or close(), and the next use begins another. Whoever wants to see where a transaction
begins and ends calls begin(), which is a context manager, before the session has begun one.

https://docs.sqlalchemy.org/en/21/orm/session_basics.html#session-autobegin
"""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, QueuePool, exc, select, text
from sqlalchemy.orm import Session, SessionTransactionOrigin

from katas.models import User


def test_what_begins_a_transaction(engine: Engine) -> None:
    def begins(use: Callable[[Session], object]) -> bool:
        with Session(engine) as session:
            use(session)
            return session.in_transaction()

    uses: dict[str, Callable[[Session], object]] = {
        "new": lambda session: session.new,
        "add": lambda session: session.add(User(name="barbara")),
        "get": lambda session: session.get(User, 1),
        "flush": lambda session: session.flush(),
        "rollback": lambda session: session.rollback(),
    }

    # hint: Each use has a session of its own. Which of them gives it something to keep track of?
    # hint: A transaction of the session may begin before the database has one.
    # wrong: {"get"} -- add() sends nothing, but what is added would be lost with a rollback
    # wrong: {"add"} -- reading is done in a transaction too: nothing is sent outside of one
    # wrong: {"add", "get", "flush"} -- with nothing to flush, flush() sends and begins nothing
    # wrong: set() -- nobody called begin(), and nobody has to
    # why: add() and get() begin a transaction without being asked to. Looking at the session
    # why: does not, nor does a flush() or a rollback() that finds nothing to do.
    assert {name for name, use in uses.items() if begins(use)} == {"add", "get"}


def test_what_a_changed_attribute_begins(session: Session, pool: QueuePool) -> None:
    ada = session.get_one(User, 1)
    session.commit()
    assert (session.in_transaction(), pool.checkedout()) == (False, 0)

    ada.fullname = "Countess of Lovelace"

    # hint: The session notices the change, since it is to be undone by a rollback.
    # hint: Two things begin: the session's own transaction, and the one in the database.
    # wrong: (False, 0) -- without SQL, but a change belongs to a transaction from the start
    # wrong: (True, 1) -- a connection is fetched when there is SQL to send, and there is none yet
    # why: Changing an object begins the session's transaction. That is mere bookkeeping: the
    # why: connection, and the BEGIN on it, wait for the first SQL.
    assert (session.in_transaction(), pool.checkedout()) == (True, 0)


def test_beginning_after_a_look(session: Session, pool: QueuePool, observer: Connection) -> None:
    """begin() is refused: "A transaction is already begun on this Session". Make room for it."""
    taken = session.scalars(select(User.name)).all()
    assert pool.checkedout() == 1

    # hint: Who has begun a transaction here? There is only one line that can have.
    # hint: begin() neither joins a transaction nor nests in it: the other one has to end first.
    # wrong: session.flush() -- there is nothing to send, and it ends no transaction
    # wrong: session.expunge_all() -- the objects leave, the transaction stays
    # wrong: session.begin() -- is refused here for the same reason as below
    # why: The SELECT had begun one, and kept the connection, though all rows were there. commit()
    # why: or close() end it as well, and should, before anything that takes long. Better still is
    # why: to read inside the block: what was read and what is written are then one transaction.
    session.rollback()

    assert pool.checkedout() == 0
    assert "barbara" not in taken
    with session.begin():
        session.add(User(name="barbara"))
    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names == ["ada", "grace", "alan", "barbara"]


@pytest.mark.only_on("postgresql")
def test_what_the_server_sees_of_a_session(session: Session, observer: Connection) -> None:
    """A server tells of each connection: it is "active", "idle", or "idle in transaction"."""
    process = session.scalar(text("SELECT pg_backend_pid()"))
    find_state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")

    def look(use: Callable[[], object]) -> str:
        use()
        return str(observer.scalar(find_state, {"pid": process}))

    states = {
        "get": look(lambda: session.get_one(User, 1)),
        "commit": look(lambda: session.commit()),
        "add": look(lambda: session.add(User(name="barbara"))),
        "flush": look(lambda: session.flush()),
    }

    # hint: The four uses come one after the other. Which of them has sent SQL?
    # hint: Which has ended the transaction, and what does the server hear of an add()?
    # wrong: {"flush"} -- to read is to be in a transaction, until somebody ends it
    # wrong: {"get", "add", "flush"} -- add() begins the session's own transaction, without SQL
    # wrong: {"get"} -- the flush has sent an INSERT, and with it the BEGIN that add() has not
    # wrong: set() -- a session that has read and then waits is what the word was made for
    # why: A session that has read, and then waits for a user or a mail server, is "idle in
    # why: transaction": it keeps a connection, and what VACUUM would clear away. A server may
    # why: end it for that (idle_in_transaction_session_timeout): the next statement then fails.
    idle_in_transaction = {"get", "flush"}
    assert {use for use, state in states.items() if "transaction" in state} == idle_in_transaction


def test_who_began_the_transaction(session: Session) -> None:
    with session.begin() as transaction:
        session.add(User(name="barbara"))
    session.add(User(name="annie"))

    another = session.get_transaction()
    assert transaction.origin is SessionTransactionOrigin.BEGIN
    assert another is not None
    # hint: The block has ended with a commit. What did the line after it need?
    # hint: begin() makes one transaction. Nobody has called it a second time.
    # wrong: BEGIN -- that transaction is over: begin() is not a mode that lasts
    # wrong: BEGIN_NESTED -- that would be a savepoint, and nobody asked for one
    # why: add() needed a transaction, and the session began one by itself. No block will commit
    # why: it: a line too late, annie is added, flushed perhaps, and never saved.
    assert another.origin is SessionTransactionOrigin.AUTOBEGIN


def test_refusing_a_late_read(engine: Engine, statements: list[str]) -> None:
    """Reading the name after the block begins a transaction that nobody sees. Have it refused."""
    # hint: The read begins a transaction by itself. What if it could not?
    # hint: Session() takes a setting for it, named after what it switches off.
    # wrong: expire_on_commit=False -- the name is read from memory, and nothing is refused
    # wrong: autoflush=False -- this is no flush: there is nothing to save
    # why: With autobegin=False any use needs a begin() before it, again after each commit.
    # why: What is left outside of the blocks shows itself at once.
    session = Session(engine, autobegin=False)
    with session.begin():
        ada = session.get_one(User, 1)

    with pytest.raises(exc.InvalidRequestError):
        assert ada.name == "ada"
    assert statements == ["SELECT"]


def test_committing_inside_the_block(session: Session, observer: Connection) -> None:
    """Fails: "Can't operate on closed transaction inside context manager". What is saved?"""

    def register_two() -> None:
        with session.begin():
            session.add(User(name="barbara"))
            session.commit()
            session.add(User(name="annie"))

    with pytest.raises(exc.InvalidRequestError):
        register_two()

    # hint: The block rolls back what is left when an error leaves it. What had been ended before?
    # hint: commit() is a commit, even here. It is the block that does not begin again.
    # wrong: [] -- the rollback comes too late for barbara: her transaction was committed
    # wrong: ["barbara", "annie"] -- the second add() is what was refused
    # why: One block is one transaction. A commit() inside ends it early, and as long as the
    # why: block lasts no other can begin. Leave the commit to the block.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


def test_saving_in_batches(session: Session, observer: Connection) -> None:
    """Write `register`: each batch is saved as a whole or not at all. A bad one ends it."""

    def register(batches: list[list[str]]) -> None:
        # hint: What is to be saved together is one transaction. How many are there?
        # hint: The block commits at its end, or rolls back and lets the error pass.
        # wrong: with session.begin(): -- one transaction for all: the good batch is lost too
        #            for batch in batches:
        #                session.add_all(User(name=name) for name in batch)
        # wrong: with session.begin(): -- the first commit ends it, the second add is refused
        #            for batch in batches:
        #                session.add_all(User(name=name) for name in batch)
        #                session.commit()
        # wrong: for batch in batches: -- saves the good one, but after the error nobody rolls back
        #            session.add_all(User(name=name) for name in batch)
        #            session.commit()
        # why: A block for each batch: begun, committed or rolled back, and the session is ready
        # why: for the next.
        for batch in batches:
            with session.begin():
                session.add_all(User(name=name) for name in batch)

    with pytest.raises(exc.IntegrityError):
        register([["barbara", "annie"], ["frances", "ada"]])

    names = observer.scalars(select(User.name).order_by(User.id)).all()
    assert names[3:] == ["barbara", "annie"]
    assert not session.in_transaction()
