"""asyncio.

An AsyncSession is a thin cover over its sync_session, an ordinary one: the same states, the same
flushes, the same transactions. What may send SQL is awaited. Reading an attribute can't be, so
whatever is read has to be loaded before. And as a session is for one thread, so it is for one task.

Listeners are ordinary functions, on the session or the engine inside, as in `async_engine` below.

https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#asyncio-orm
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, exc, orm, select
from sqlalchemy.orm import Session

from dojo import database
from katas.models import Account, Address, User

pytest.importorskip("aiosqlite", reason='pip install -e ".[asyncio]"')
pytest.importorskip("anyio", reason='pip install -e ".[asyncio]"')
pytest.importorskip("greenlet", reason='pip install -e ".[asyncio]"')

import aiosqlite
from sqlalchemy.ext.asyncio import (
    AsyncAttrs,
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    close_all_sessions,
    create_async_engine,
)

pytestmark = [
    pytest.mark.anyio,
    # SQL that is refused leaves a coroutine behind.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def connect(database_path: Path) -> Callable[[], Engine]:
    """For the observer: this chapter is about SQLite, whatever the run is about."""
    return partial(database.connect, database_path)


@pytest.fixture
async def async_engine(database_path: Path) -> AsyncIterator[AsyncEngine]:
    """The fresh database's engine, for asyncio, set up as in dojo/database.py.

    Its connections are closed at the end, also those that a failed test has left open.
    """
    async with AsyncExitStack() as connections:

        async def connect() -> aiosqlite.Connection:
            connection = aiosqlite.connect(database_path, isolation_level=None)
            await connections.enter_async_context(connection)
            await connection.execute("PRAGMA foreign_keys=ON")
            await connection.execute("PRAGMA synchronous=OFF")
            return connection

        engine = create_async_engine(
            f"sqlite+aiosqlite:///{database_path}",
            async_creator=connect,
            pool_reset_on_return=None,  # After SQL was refused, the reset would be refused as well.
        )

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Connection) -> None:
            connection.connection.cursor().execute("BEGIN")

        yield engine
        await close_all_sessions()
        await engine.dispose()


@pytest.fixture
async def async_session(async_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """The session under test, with SQLAlchemy's defaults."""
    async with AsyncSession(async_engine) as session:
        yield session


def test_which_calls_are_awaited() -> None:
    calls = ["add", "delete", "execute", "expire", "expunge", "flush", "get", "refresh"]

    awaited = {call for call in calls if iscoroutinefunction(getattr(AsyncSession, call))}

    assert awaited == ___


def error_of(read: Callable[[], object]) -> type[object] | None:
    """What reading has raised, if anything. 2.1 can wrap it in a StatementError, as `orig`."""
    try:
        read()
    except exc.SQLAlchemyError as error:
        return type(getattr(error, "orig", error))
    finally:
        gc.collect()  # The error, and its coroutine.
    return None


async def test_what_cannot_be_read(async_session: AsyncSession) -> None:
    ada = await async_session.get_one(User, 1)
    name = error_of(lambda: ada.name)
    addresses = error_of(lambda: ada.addresses)
    await async_session.commit()
    after_commit = error_of(lambda: ada.name)

    assert (name, addresses, after_commit) == ___


class AsyncBase(AsyncAttrs, orm.DeclarativeBase):
    """In an asyncio project, the Base of all models would have AsyncAttrs."""


class Person(AsyncBase):
    __table__ = User.__table__


async def test_loading_what_will_be_read(async_session: AsyncSession) -> None:
    """Load the addresses of ada, whom you hold already. Then read the name of an expired object."""
    ada = await async_session.get_one(User, 1)
    grace = await async_session.get_one(Person, 2)
    async_session.expire(grace)

    ___
    name = await ___

    assert [address.id for address in ada.addresses] == [1, 2]
    assert name == "grace"


def emails_of(session: Session, name: str) -> list[str]:
    """Written for a Session, and it loads lazily."""
    user = session.scalars(select(User).where(User.name == name)).one()
    return [address.email for address in user.addresses]


async def test_code_that_knows_no_await(async_session: AsyncSession) -> None:
    """Call `emails_of` as it is. It has to see what this session has not committed yet."""
    async_session.add(Address(email="alan@bletchley.example", user_id=3))

    emails = ___

    assert emails == ["alan@bletchley.example"]


async def test_reading_rows_as_they_come(async_session: AsyncSession) -> None:
    """Send the query so that its users come one by one: `async for` awaits each of them."""
    query = select(User).order_by(User.id).execution_options(yield_per=1)

    users = ___

    held = [(user.name, len(async_session.identity_map)) async for user in users]
    assert held == [("ada", 1), ("grace", 1), ("alan", 1)]


async def test_two_tasks_with_one_session(
    async_session: AsyncSession, observer: Connection
) -> None:
    changed, committed = asyncio.Event(), asyncio.Event()

    async def buy_and_think_again() -> None:
        account = await async_session.get_one(Account, 1)
        account.balance -= 30
        changed.set()
        await committed.wait()
        await async_session.rollback()

    async def register() -> None:
        await changed.wait()
        async_session.add(User(name="barbara"))
        await async_session.commit()
        committed.set()

    await asyncio.gather(buy_and_think_again(), register())

    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == ___


async def test_a_registry_for_tasks(async_engine: AsyncEngine) -> None:
    """Two tasks at once: each needs a session of its own, and must not leave it behind."""
    make_session = async_sessionmaker(async_engine)
    current = async_scoped_session(make_session, scopefunc=___)
    both_have_one = asyncio.Barrier(2)

    async def handle_request() -> AsyncSession:
        session = current()
        await both_have_one.wait()
        ___
        assert not current.registry.has()
        return session

    one, other = await asyncio.gather(handle_request(), handle_request())

    assert one is not other


async def test_requests_at_the_same_time(async_engine: AsyncEngine, observer: Connection) -> None:
    """Write `register`: it saves a user, in a session of its own. Its caller reads her name."""
    make_session = async_sessionmaker(async_engine, ___)

    async def register(name: str) -> User:
        ___

    users = await asyncio.gather(register("barbara"), register("annie"), register("karen"))

    assert [user.name for user in users] == ["barbara", "annie", "karen"]
    assert {user.id for user in users} == set(observer.scalars(select(User.id))) - {1, 2, 3}
