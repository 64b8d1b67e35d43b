"""The scoped session.

Engine and sessionmaker are there for all threads. A session and its objects are for one thread at
a time: nothing in them is locked. scoped_session is a registry of sessions. It knows which one is
the caller's, makes it when it is first needed, and hands on to it whatever is asked of the
registry. The session stays there until remove() closes it and forgets it.

https://docs.sqlalchemy.org/en/21/orm/contextual.html
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar

import pytest
from sqlalchemy import Connection, Engine, event, exc, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from katas.models import Account, Purchase, User


@pytest.fixture
def worker() -> Iterator[Executor]:
    """Another thread, which does one job after the other: `worker.submit(job).result()`."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor


@pytest.fixture
def busy_session(engine: Engine, worker: Executor) -> Iterator[Session]:
    """A session in use: the other thread queries with it, and is waiting for its connection."""
    session = Session(engine)
    waiting, arrived = threading.Event(), threading.Event()

    @event.listens_for(engine, "checkout")
    def wait(*_: object) -> None:
        waiting.set()
        assert arrived.wait(timeout=5)

    query = worker.submit(session.get_one, User, 1)
    assert waiting.wait(timeout=5)
    yield session
    arrived.set()
    query.result()


def is_refused(use: Callable[[], object]) -> bool:
    try:
        use()
    except exc.InvalidRequestError:
        return True
    return False


def test_what_another_thread_can_undo(
    session: Session, worker: Executor, observer: Connection
) -> None:
    def change_your_mind() -> None:
        session.add(User(name="annie"))
        session.rollback()

    session.add(User(name="barbara"))
    worker.submit(change_your_mind).result()
    session.add(User(name="frances"))
    session.commit()

    # hint: Two users are added in this thread, one in another, and there is one session.
    # hint: Does a session know which thread is calling?
    # wrong: ["barbara", "frances"] -- for that each thread would need a transaction of its own
    # wrong: ["barbara", "annie", "frances"] -- the rollback was called, and that thread may do so
    # wrong: [] -- frances came after the rollback, and so into the next transaction
    # why: A session does not know of threads: who calls rollback() undoes what the others have
    # why: done. To share a session is to share its transaction, and nobody warns you.
    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["frances"]


def test_which_session_the_registry_gives(engine: Engine, worker: Executor) -> None:
    registry = scoped_session(sessionmaker(engine))

    here = [registry(), registry()]
    there = [worker.submit(registry).result(), worker.submit(registry).result()]

    # hint: registry() returns a session. Four were returned, in two threads.
    # hint: When does the registry call its sessionmaker?
    # wrong: 4 -- that is a sessionmaker: the registry keeps what it has made
    # wrong: 1 -- that would be one session for all threads, and not safe
    # wrong: 3 -- both jobs ran in the same thread, if one after the other
    # why: One for each thread, made at its first call there. So all functions that a thread calls
    # why: find the same session without being given it, and no other thread ever meets it.
    assert len({*here, *there}) == 2


def test_an_engine_that_comes_later(engine: Engine, worker: Executor) -> None:
    """The registry was made before there was an engine. Let all its sessions know of it."""
    registry = scoped_session(sessionmaker())

    # hint: The sessions are yet to be made, in whichever thread: who makes them has to know.
    # hint: What a sessionmaker was not told when it was made can be told later; so can a registry.
    # wrong: registry.bind = engine -- is handed on to this thread's session, and to no other
    # wrong: registry(bind=engine) -- makes this thread's session with it, and no other
    # wrong: registry.session_factory(bind=engine) -- makes a session that nobody keeps
    # why: What you ask of the registry, an attribute or a method, is the current session's. Its own
    # why: are configure(), remove(), and the call. Configure before the first session is made.
    registry.configure(bind=engine)

    ada = registry.get_one(User, 1)
    grace = worker.submit(registry.get_one, User, 2).result()
    assert (ada.name, grace.name) == ("ada", "grace")


def test_whose_transaction_a_read_begins(engine: Engine, worker: Executor) -> None:
    registry = scoped_session(sessionmaker(engine))
    ada = registry.get_one(User, 1)
    registry.commit()

    assert worker.submit(lambda: ada.name).result() == "ada"

    here = registry().in_transaction()
    there = worker.submit(lambda: registry().in_transaction()).result()
    # hint: Ada was expired by the commit, and it was the other thread that read her name.
    # hint: An expired object loads itself. Through which session?
    # wrong: (False, True) -- an object asks its own session, whichever thread reads the attribute
    # wrong: (True, True) -- the other thread has a session by now, and has not used it
    # wrong: (False, False) -- the name was expired: to read it takes SQL, and a transaction
    # why: Who passes an object passes its session: the SELECT ran in this thread's transaction,
    # why: from the other thread. Give another thread ids, and let it load its own objects.
    assert (here, there) == (True, False)


def test_what_a_busy_session_refuses(busy_session: Session) -> None:
    """While this runs, another thread is in the middle of busy_session.get_one(User, 1)."""
    uses: dict[str, Callable[[], object]] = {
        "new": lambda: busy_session.new,
        "get": lambda: busy_session.get(User, 2),
        "close": lambda: busy_session.close(),
        "add": lambda: busy_session.add(User(name="barbara")),
    }

    refused = {name for name, use in uses.items() if is_refused(use)}

    # hint: There is no lock. But there is one thing that two threads can't have in hand at once.
    # hint: The other thread is about to get the connection of the transaction. Who needs that too?
    # wrong: {"new", "get", "close", "add"} -- a lock would do that, and a session has none
    # wrong: {"get", "close", "add"} -- add() needs no connection, so nothing is noticed
    # wrong: {"get"} -- to close now would leave the other thread with half a transaction
    # wrong: set() -- what would break the transaction is noticed, if somebody is just there
    # why: "This session is provisioning a new connection; concurrent operations are not permitted"
    # why: and "Method 'close()' can't be called here" tell of two threads in one session. They are
    # why: a matter of luck: add() passes unnoticed, and so would all of it a moment later.
    assert refused == {"get", "close"}


def test_what_a_failed_job_leaves_behind(
    engine: Engine, worker: Executor, observer: Connection
) -> None:
    registry = scoped_session(sessionmaker(engine))

    def transfer(source: int, target: int, amount: int) -> None:
        registry.get_one(Account, source).balance -= amount
        registry.get_one(Account, target).balance += amount
        registry.commit()

    with pytest.raises(exc.NoResultFound):
        worker.submit(transfer, 1, 99, 30).result()
    worker.submit(transfer, 1, 2, 10).result()

    # hint: Ada had 100 and grace 50. There is no account 99, so the first job has stopped half-way.
    # hint: Both jobs ran in one thread. Which session did the second one get?
    # wrong: [90, 60] -- nobody has undone the first job: its 30 were in the session still
    # wrong: [70, 60] -- the second job subtracts from what the first one has left
    # wrong: [100, 50] -- nothing kept the second job from committing
    # why: The jobs of a thread share its session, and the threads of a pool do not end: the second
    # why: commit has saved the first job's half. Whoever ends a job has to end its session.
    assert observer.scalars(select(Account.balance).order_by(Account.id)).all() == [60, 60]


def test_two_customers_in_one_thread(engine: Engine, observer: Connection) -> None:
    """A thread serves two by turns, and `customer` says whose turn it is. Give each a session."""
    customer: ContextVar[str] = ContextVar("customer")
    # hint: Not the thread, but something else tells the sessions apart. The registry can be told.
    # hint: It calls scopefunc each time, and keeps a session for each value that this returns.
    # wrong: threading.get_ident -- the same for both: annie's rollback is barbara's too
    # wrong: lambda: customer -- the variable is always the same one: it is its value that changes
    # wrong: object -- something new at each call: the commit is of a session that is empty
    # why: The scope is whatever scopefunc returns: a request, a task, a customer. Those do not end
    # why: as a thread does: unless remove() is called in each of them, the registry keeps all.
    registry = scoped_session(sessionmaker(engine), scopefunc=customer.get)

    customer.set("barbara")
    registry.add(User(name="barbara"))
    customer.set("annie")
    registry.add(User(name="annie"))
    registry.rollback()
    customer.set("barbara")
    registry.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ["barbara"]


def test_one_job_after_the_other(engine: Engine, worker: Executor, observer: Connection) -> None:
    """Write the rest of `run`: it does the job, and leaves nothing to the next, come what may."""
    registry = scoped_session(sessionmaker(engine))

    def run(job: Callable[[], None], buyer: int) -> None:
        registry(info={"buyer": buyer})
        # hint: If nothing else is done, the next run() says: "Scoped session is already present".
        # hint: The session has to leave the registry, and after an error all the more.
        # wrong: job() -- there is no user 99, and after that error nobody cleans up
        #        registry.remove()
        # wrong: try: -- closed, but still there: the next job can't have a session of its own
        #            job()
        #        finally:
        #            registry.close()
        # wrong: with registry(): -- that closes the session too, and leaves it in the registry
        #            job()
        # why: close() empties the session, remove() takes it out of the registry as well: the next
        # why: job gets a new one, made for it. So does a web framework at the end of a request.
        try:
            job()
        finally:
            registry.remove()

    def buy() -> None:
        registry.add(Purchase(user_id=registry.info["buyer"]))
        registry.commit()

    worker.submit(run, buy, 1).result()
    with pytest.raises(exc.IntegrityError):
        worker.submit(run, buy, 99).result()
    worker.submit(run, buy, 3).result()

    buyers = observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all()
    assert buyers == [1, 2, 1, 3]
