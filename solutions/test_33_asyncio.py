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

    # hint: What may have to ask the database is awaited. What the session notes for itself is not.
    # hint: One that marks objects may first have to load what its cascades lead to.
    # wrong: {"execute", "flush", "get", "refresh"} -- delete() loads what its cascades lead to
    # wrong: {"add", "delete", "execute", "flush", "get", "refresh"} -- add() sends nothing
    # wrong: {"delete", "execute", "expire", "flush", "get", "refresh"} -- expire() only forgets
    # wrong: {"execute", "refresh"} -- flush() writes, and a get() that finds nothing will SELECT
    # why: Even get() is awaited, though the identity map may have the answer, and delete(), since
    # why: it may have to load. What never sends SQL is an ordinary call: `await add()` is an error.
    assert awaited == {"delete", "execute", "flush", "get", "refresh"}


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

    # hint: Which of the three is not loaded when it is read? Without an error, it is None.
    # hint: "greenlet_spawn has not been called", it says. In exc there is a class named for that.
    # wrong: (None, None, None) -- a lazy load would wait for the database, and there is no await
    # wrong: (None, exc.MissingGreenlet, None) -- a commit expires here too: the name is gone
    # wrong: (None, exc.MissingGreenlet, orm.exc.DetachedInstanceError) -- she still has her session
    # why: What is not loaded would need SQL, and that needs an await, which no attribute can have.
    # why: So it is with a relationship, a deferred column, and after a commit with every attribute.
    # why: Since 2.1 it can come as a StatementError: then MissingGreenlet is in its text.
    assert (name, addresses, after_commit) == (None, exc.MissingGreenlet, exc.MissingGreenlet)


class AsyncBase(AsyncAttrs, orm.DeclarativeBase):
    """In an asyncio project, the Base of all models would have AsyncAttrs."""


class Person(AsyncBase):
    __table__ = User.__table__


async def test_loading_what_will_be_read(async_session: AsyncSession) -> None:
    """Load the addresses of ada, whom you hold already. Then read the name of an expired object."""
    ada = await async_session.get_one(User, 1)
    grace = await async_session.get_one(Person, 2)
    async_session.expire(grace)

    # hint: There is a call that loads an object's attributes now: with an AsyncSession, awaited.
    # hint: Without more words it reloads the columns. It takes the names of what is to be loaded.
    # wrong: await async_session.refresh(ada) -- loads the columns, and no list
    # wrong: await async_session.get(User, 1, options=[orm.selectinload(User.addresses)]) -- no SQL
    # wrong: async_session.expire(ada, ["addresses"]) -- the next read is to load them, and it can't
    # why: refresh() with the names of relationships loads those. If you know beforehand what will
    # why: be read, say so in the query: selectinload() brings the list along.
    await async_session.refresh(ada, ["addresses"])
    # hint: Person has AsyncAttrs: its objects have an attribute through which others are awaited.
    # hint: Its name says so. What it returns has the attributes of the object, `name` among them.
    # wrong: grace.name -- the await comes too late: Python reads the attribute first
    # wrong: async_session.refresh(grace) -- loads the name, but returns None
    # wrong: asyncio.to_thread(getattr, grace, "name") -- a lazy load needs the event loop
    # why: awaitable_attrs turns reading an attribute into something that can be awaited, loaded or
    # why: not. It is for the odd attribute: in a loop it would be one SELECT for each object.
    name = await grace.awaitable_attrs.name

    assert [address.id for address in ada.addresses] == [1, 2]
    assert name == "grace"


def emails_of(session: Session, name: str) -> list[str]:
    """Written for a Session, and it loads lazily."""
    user = session.scalars(select(User).where(User.name == name)).one()
    return [address.email for address in user.addresses]


async def test_code_that_knows_no_await(async_session: AsyncSession) -> None:
    """Call `emails_of` as it is. It has to see what this session has not committed yet."""
    async_session.add(Address(email="alan@bletchley.example", user_id=3))

    # hint: The function wants a Session. There is one inside, but a bare call may not send SQL.
    # hint: There is a method that runs something synchronous, and hands it the session inside.
    # wrong: emails_of(async_session.sync_session, "alan") -- the right session, and no greenlet
    # wrong: await asyncio.to_thread(emails_of, async_session.sync_session, "alan") -- nor there
    # why: run_sync() calls it with the session inside, where what looks like waiting is awaited
    # why: by AsyncSession: there even a lazy load works. It is how code moves to asyncio by parts.
    emails = await async_session.run_sync(emails_of, "alan")

    assert emails == ["alan@bletchley.example"]


async def test_reading_rows_as_they_come(async_session: AsyncSession) -> None:
    """Send the query so that its users come one by one: `async for` awaits each of them."""
    query = select(User).order_by(User.id).execution_options(yield_per=1)

    # hint: scalars() and execute() wait until all rows are there, and can't be used here.
    # hint: The word for rows that flow. There is one such method for rows, one for their objects.
    # wrong: await async_session.scalars(query) -- has the whole result before it returns: refused
    # wrong: (await async_session.execute(query)).scalars() -- in the same way
    # why: What you have awaited once is an ordinary result, with all rows in it. A stream is
    # why: awaited as you go; with yield_per, no more than that many objects are loaded at a time.
    users = await async_session.stream_scalars(query)

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

    # hint: The account had 100. One task takes 30 from it, and wants to undo that later.
    # hint: Wherever one task awaits, the other goes on. What does it commit?
    # wrong: 100 -- the rollback came after the commit, and found nothing to undo
    # why: A session has one transaction, and no idea which task did what in it. It only notices
    # why: when two calls meet ("Session is already flushing", "concurrent operations are not
    # why: permitted"), and not even then always.
    assert observer.scalar(select(Account.balance).where(Account.id == 1)) == 70


async def test_a_registry_for_tasks(async_engine: AsyncEngine) -> None:
    """Two tasks at once: each needs a session of its own, and must not leave it behind."""
    make_session = async_sessionmaker(async_engine)
    # hint: A thread runs many tasks. What tells the one that is running from the others?
    # hint: It is a function of asyncio, and it is called whenever somebody asks for the session.
    # wrong: asyncio.get_running_loop -- there is one loop for both tasks, and so one session
    # wrong: lambda: "request" -- the same key for all, and so the same session
    # why: async_scoped_session keeps a session for each value of its scopefunc. Where you can, pass
    # why: the session as an argument instead: then there is nothing to look up or to forget.
    current = async_scoped_session(make_session, scopefunc=asyncio.current_task)
    both_have_one = asyncio.Barrier(2)

    async def handle_request() -> AsyncSession:
        session = current()
        await both_have_one.wait()
        # hint: The registry keeps the session, and the task as its key, until it is told otherwise.
        # hint: Every scoped_session needs this at the end of a request. Here it is awaited.
        # wrong: await session.close() -- ends the session's work, but the registry still has it
        # wrong: await current.reset() -- is passed on to the session, which stays where it is
        # why: remove() closes the session and takes it out. Nothing does that by itself when a task
        # why: ends: without it, sessions and tasks pile up.
        await current.remove()
        assert not current.registry.has()
        return session

    one, other = await asyncio.gather(handle_request(), handle_request())

    assert one is not other


async def test_requests_at_the_same_time(async_engine: AsyncEngine, observer: Connection) -> None:
    """Write `register`: it saves a user, in a session of its own. Its caller reads her name."""
    # hint: The caller reads the names when all is committed, and no session is there any more.
    # hint: It is one of the settings that a session can be made with. See chapter 10.
    # wrong: autoflush=False -- then reading a name would flush nothing, but it still has to load
    # wrong: autobegin=False -- the commit has expired the names, whoever has begun
    # why: With asyncio expire_on_commit=False is the usual choice: after a commit, nothing that was
    # why: loaded has to be awaited again.
    make_session = async_sessionmaker(async_engine, expire_on_commit=False)

    async def register(name: str) -> User:
        # hint: make_session() makes a session. As a context manager it is closed at the end.
        # hint: make_session.begin() is a context manager too, and commits.
        # wrong: async with make_session() as session: -- closed without a commit: nothing is saved
        #            user = User(name=name)
        #            session.add(user)
        #            return user
        # wrong: user = User(name=name) -- the flush is there, the commit is missing
        #        async with make_session() as session:
        #            session.add(user)
        #            await session.flush()
        #        return user
        # why: Tasks are cheap, and so are sessions: one for each task, made where its work begins.
        # why: begin() commits at the end of the block, or rolls back, and closes it.
        async with make_session.begin() as session:
            user = User(name=name)
            session.add(user)
            return user

    users = await asyncio.gather(register("barbara"), register("annie"), register("karen"))

    assert [user.name for user in users] == ["barbara", "annie", "karen"]
    assert {user.id for user in users} == set(observer.scalars(select(User.id))) - {1, 2, 3}
