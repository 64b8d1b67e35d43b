"""What the x-ray is tried on: a small database, and tests that are written as text.

As text, so that their lines have numbers that do not change with the lines around them.
"""

import asyncio
import linecache
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from inspect import iscoroutinefunction, signature
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from threading import Thread
from traceback import walk_tb
from typing import Any

import sqlalchemy
from sqlalchemy import (
    AsyncAdaptedQueuePool,
    Connection,
    Engine,
    ForeignKey,
    create_engine,
    event,
    insert,
    orm,
)
from sqlalchemy.ext import asyncio as asyncio_extension
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from dojo.xray.picture import picture
from dojo.xray.recorder import Recorder

TEST = "/project/test_it.py"
HELPERS = "/project/helpers.py"


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    age: Mapped[int | None]
    bio: Mapped[str | None] = mapped_column(deferred=True)

    addresses: Mapped[list["Address"]] = relationship(
        back_populates="user", order_by="Address.id", cascade="all"
    )


class Address(Base):
    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", deferrable=True, initially="DEFERRED")
    )

    user: Mapped[User | None] = relationship(back_populates="addresses")


ROWS: Mapping[type[Base], list[dict[str, object]]] = {
    User: [{"id": 1, "name": "ada"}, {"id": 2, "name": "grace"}, {"id": 3, "name": "alan"}],
    Address: [{"id": 1, "email": "ada@home", "user_id": 1}],
}


def send_begin(engine: Engine) -> Engine:
    """Have SQLAlchemy send BEGIN, as its documentation tells for SQLite."""

    @event.listens_for(engine, "connect")
    def leave_transactions_alone(connection: Any, entry: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN")

    return engine


class World:
    """A fresh database, and what a test can ask for by the names of its arguments."""

    def __init__(self, folder: Path) -> None:
        self.engine = send_begin(create_engine(f"sqlite:///{folder}/world.db"))
        with self.engine.begin() as connection:
            Base.metadata.create_all(connection)
            for table, rows in ROWS.items():
                connection.execute(insert(table), rows)
        self.engine.dispose()

    def argument(self, name: str) -> object:
        if name == "engine":
            return self.engine
        if name == "autocommit":
            return self.engine.execution_options(isolation_level="AUTOCOMMIT")
        if name == "async_engine":
            url = self.engine.url.set(drivername="sqlite+aiosqlite")
            engine = create_async_engine(url, poolclass=AsyncAdaptedQueuePool)
            send_begin(engine.sync_engine)
            return engine
        return Session(self.engine)

    def close(self) -> None:
        orm.close_all_sessions()
        self.engine.dispose()


def xray(test: str, helpers: str = "", width: int = 80) -> str:
    """The x-ray of the function `test` that this text defines. It may fail."""
    sources = {TEST: dedent(test), HELPERS: dedent(helpers)}
    names: dict[str, Any] = {**vars(orm), **vars(asyncio_extension), **vars(sqlalchemy)}
    names |= {"asyncio": asyncio, "Thread": Thread, "ThreadPoolExecutor": ThreadPoolExecutor}
    names |= {"User": User, "Address": Address}
    for path in (HELPERS, TEST):
        exec(compile(sources[path], path, "exec"), names)
    with Recorder() as recorder:
        error = record(recorder, names["test"])
    frames = walk_tb(error.__traceback__ if error else None)
    lines = [line for frame, line in frames if frame.f_code.co_filename == TEST]
    first = names["test"].__code__.co_firstlineno
    drawn = picture(recorder.recording, TEST, first, lines, width, _reader(sources))
    return _without_labels("\n".join(drawn)) + "\n"


def _without_labels(text: str) -> str:
    """SQLAlchemy 2.0 labels columns where 2.1 does not."""
    return re.sub(r"\b(\w+)\.(\w+) AS \1_\2\b", r"\1.\2", text)


def record(recorder: Recorder, test: Callable[..., object]) -> Exception | None:
    """Run a test in a world of its own, and return what it raised."""
    with TemporaryDirectory() as folder, closing(World(Path(folder))) as world:
        arguments = {name: world.argument(name) for name in signature(test).parameters}
        recorder.start(test)
        try:
            if iscoroutinefunction(test):
                asyncio.run(test(**arguments))
            else:
                test(**arguments)
        except Exception as error:
            return error
        finally:
            recorder.stop()
    return None


def _reader(sources: Mapping[str, str]) -> Callable[[str], list[str]]:
    def read(path: str) -> list[str]:
        text = sources.get(path) or "".join(linecache.getlines(path))
        return text.splitlines()

    return read
