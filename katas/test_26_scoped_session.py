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

    assert observer.scalars(select(User.name).order_by(User.id)).all()[3:] == ___


def test_which_session_the_registry_gives(engine: Engine, worker: Executor) -> None:
    registry = scoped_session(sessionmaker(engine))

    here = [registry(), registry()]
    there = [worker.submit(registry).result(), worker.submit(registry).result()]

    assert len({*here, *there}) == ___


def test_an_engine_that_comes_later(engine: Engine, worker: Executor) -> None:
    """The registry was made before there was an engine. Let all its sessions know of it."""
    registry = scoped_session(sessionmaker())

    ___

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
    assert (here, there) == ___


def test_what_a_busy_session_refuses(busy_session: Session) -> None:
    """While this runs, another thread is in the middle of busy_session.get_one(User, 1)."""
    uses: dict[str, Callable[[], object]] = {
        "new": lambda: busy_session.new,
        "get": lambda: busy_session.get(User, 2),
        "close": lambda: busy_session.close(),
        "add": lambda: busy_session.add(User(name="barbara")),
    }

    refused = {name for name, use in uses.items() if is_refused(use)}

    assert refused == ___


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

    assert observer.scalars(select(Account.balance).order_by(Account.id)).all() == ___


def test_two_customers_in_one_thread(engine: Engine, observer: Connection) -> None:
    """A thread serves two by turns, and `customer` says whose turn it is. Give each a session."""
    customer: ContextVar[str] = ContextVar("customer")
    registry = scoped_session(sessionmaker(engine), scopefunc=___)

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
        ___

    def buy() -> None:
        registry.add(Purchase(user_id=registry.info["buyer"]))
        registry.commit()

    worker.submit(run, buy, 1).result()
    with pytest.raises(exc.IntegrityError):
        worker.submit(run, buy, 99).result()
    worker.submit(run, buy, 3).result()

    buyers = observer.scalars(select(Purchase.user_id).order_by(Purchase.id)).all()
    assert buyers == [1, 2, 1, 3]
