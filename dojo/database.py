"""Fresh SQLite databases, cheap enough for one per test.

The tables and rows are made once, in a template file; each test gets a copy of it. A file rather
than ``sqlite://``, where all sessions share one connection: there an uncommitted row looks saved,
and closing one session undoes the other's work.
"""

import os
import shutil
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection

_IN_MEMORY = "/dev/shm"
"""Where Linux keeps files in memory."""

_compiled_statements: MutableMapping[Any, Any] = {}


class SharedCacheDialect(SQLiteDialect_pysqlite):
    """SQLite, with all instances equal.

    SQLAlchemy keeps compiled statements by dialect. Each test has an engine, a pool and a dialect
    of its own, so that no listener outlives it; but the same SELECT need not be compiled again.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite.kata", __name__, SharedCacheDialect.__name__)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for the files of one run: in memory, where the system has a place for that."""
    in_memory = os.access(_IN_MEMORY, os.W_OK)
    path = Path(mkdtemp(prefix="session_katas_", dir=_IN_MEMORY if in_memory else None))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def make_template(path: Path, populate: Callable[[Connection], None]) -> Path:
    """Create a database file at `path`, fill it with `populate`, and return the path."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA page_size=1024")  # small tables, small file
        # Kept in the file: readers don't block the writer, and see the snapshot they began with.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        populate(connection)
        connection.commit()
    engine.dispose()
    return path


def copy_template(template: Path, path: Path) -> Path:
    """Copy a template to `path`, and return the path."""
    path.write_bytes(_content(template))
    return path


@cache
def _content(template: Path) -> bytes:
    return template.read_bytes()


def remove(path: Path) -> None:
    """Delete a database file, with the two that SQLite keeps beside it while it is open."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def connect(path: Path) -> Engine:
    """An engine on a database file, with foreign keys on and a BEGIN that is really sent.

    The sqlite3 driver by itself begins a transaction only before a write, which makes SAVEPOINT
    and rollback lie: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    """
    engine = create_engine(
        f"sqlite+kata:///{path}",
        execution_options={"compiled_cache": _compiled_statements},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.connection.cursor().execute("BEGIN")

    return engine
