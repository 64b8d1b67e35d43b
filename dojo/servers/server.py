"""A place of the run's own on a database server that may hold other people's tables.

The place is a schema on PostgreSQL, a database on MariaDB. Its name can't collide, it carries the
suite's mark, and a lock is held on it for as long as the run lives. So a later run can tell what a
killed one has left behind from what is in use, and from all that is none of the suite's business.
"""

import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, exc

from dojo.servers.rows import inserts

MARK = "Made by session katas. A run drops it at its end, or a later run does."
Populate = Callable[[Connection], None]
_NAME = re.compile(r"session_katas_[0-9a-f]{12}")


class ServerError(Exception):
    """The server can't be used. The message says why and what to do, and holds no password."""


class Server(ABC):
    """A place on a server. Each test finds its tables as they are at first."""

    kind: str
    """`postgresql` or `mariadb`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = f"session_katas_{secrets.token_hex(6)}"
        self._shape: object = None

    @contextmanager
    def opened(self) -> Iterator["Server"]:
        """Create the place, and drop it in the end. Raises ServerError.

        What killed runs have left is dropped first.
        """
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with self._explained():
                self._connection = engine.connect()
                self._check()
                for name in self._marked():
                    if _NAME.fullmatch(name):
                        self._drop_if_left_behind(name)
                self._lock(self.name)
            with self._explained(self.right):
                self._create()
            try:
                yield self
            finally:
                with suppress(exc.SQLAlchemyError):  # then a later run drops it
                    self._end_other_connections()
                    self._drop(self.name)
                with suppress(exc.SQLAlchemyError):
                    self._connection.close()
        finally:
            engine.dispose()

    @contextmanager
    def fresh(self, metadata: MetaData, populate: Populate) -> Iterator[None]:
        """The place as `populate` makes it, for the length of a test. Raises ServerError.

        `metadata` holds the tables that `populate` makes.
        """
        with self._explained():
            self._end_other_connections()
            if self._shape is None or self._look() != self._shape:
                self._drop(self.name)
                self._create()
                self._fill(metadata, populate)
                self._shape = self._look()
            self._put_back()
        yield

    def connect(self) -> Engine:
        """An engine whose connections find the place's tables, and no others."""
        return create_engine(self.own_url)

    def answers(self) -> bool:
        """Whether the server is still there."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except exc.SQLAlchemyError:
            return False
        return True

    def gone(self) -> ServerError:
        """What to say when it is not."""
        return ServerError(f"{self.where} no longer answers. Start it again, and then the run.")

    @property
    def where(self) -> str:
        """The server as a person would name it."""
        host, port = self.url.host or "the default address", self.url.port
        return f"The {self.kind} server at {host}{f':{port}' if port else ''}"

    @property
    @abstractmethod
    def right(self) -> str:
        """What grants a user the right to create the place."""

    @property
    @abstractmethod
    def own_url(self) -> URL:
        """The URL of the place."""

    def _drop_if_left_behind(self, name: str) -> None:
        if self._lock(name):
            with suppress(exc.DBAPIError):  # somebody else's, who ran the katas as well
                self._drop(name)
            self._unlock(name)

    def _fill(self, metadata: MetaData, populate: Populate) -> None:
        engine = self.connect()
        with engine.begin() as connection:
            populate(connection)
            self._remember(metadata, list(inserts(connection, metadata)))
        engine.dispose()

    @abstractmethod
    def _check(self) -> None:
        """Raise ServerError if the server is too old, or of another kind."""

    @abstractmethod
    def _marked(self) -> list[str]:
        """The names of the places that carry the mark."""

    @abstractmethod
    def _lock(self, name: str) -> bool:
        """Lock a place until the run ends, in whatever way. False if another run has it."""

    @abstractmethod
    def _unlock(self, name: str) -> None: ...

    @abstractmethod
    def _create(self) -> None:
        """Create the place, with its mark."""

    @abstractmethod
    def _drop(self, name: str) -> None: ...

    @abstractmethod
    def _end_other_connections(self) -> None:
        """End what a test has left open: the run's own connections to the place."""

    @abstractmethod
    def _look(self) -> object:
        """What differs from the last look if and only if tables have changed."""

    @abstractmethod
    def _remember(self, metadata: MetaData, inserts: list[str]) -> None:
        """Note what `_put_back` will need."""

    @abstractmethod
    def _put_back(self) -> None:
        """Put the first rows into the tables, and the counters where they were."""

    @contextmanager
    def _explained(self, right: str | None = None) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            reason = str(error.orig).strip()
            if self.url.password:
                reason = reason.replace(str(self.url.password), "***")
            todo = f"\nThe user needs the right to do so: {right}" if right else ""
            raise ServerError(f"{self.where} refuses:\n{reason}{todo}") from None
