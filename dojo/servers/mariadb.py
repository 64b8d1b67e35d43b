"""A database of the run's own on a MariaDB server."""

from contextlib import suppress

from sqlalchemy import URL, MetaData, exc, text

from dojo.servers.server import MARK, Server, ServerError

OLDEST = (10, 6)

_MARKED = text("SELECT schema_name FROM information_schema.schemata WHERE schema_comment = :mark")

_OTHERS = text("""
    SELECT id FROM information_schema.processlist WHERE db = :name AND id <> connection_id()
""")

_LOOK = text("""
    SELECT table_name, column_name, column_type, is_nullable, column_default, extra, column_key
    FROM information_schema.columns WHERE table_schema = :name
    ORDER BY table_name, ordinal_position
""")

_COUNTER = "SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE()"
_COUNTERS = text("""
    SELECT table_name, auto_increment FROM information_schema.tables
    WHERE table_schema = :name AND auto_increment IS NOT NULL
""")


class MariaDB(Server):
    """The place is a database: the default one of all connections to it."""

    kind = "mariadb"

    @property
    def right(self) -> str:
        return rf"GRANT ALL ON `session\_katas\_%`.* TO '{self.url.username or '...'}'@'...'"

    @property
    def own_url(self) -> URL:
        return self.url.set(database=self.name)

    def _check(self) -> None:
        dialect = self._connection.dialect
        if not getattr(dialect, "is_mariadb", False):
            raise ServerError(f"{self.where} is MySQL. The katas need MariaDB, or PostgreSQL.")
        if (dialect.server_version_info or ()) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise ServerError(f"{self.where} is too old. The katas need MariaDB {oldest}.")
        # Rather an error than to wait for what somebody holds and never lets go.
        self._connection.exec_driver_sql(
            "SET lock_wait_timeout = 30, innodb_lock_wait_timeout = 30"
        )
        # A row of a tree may be deleted before the rows below it.
        self._connection.exec_driver_sql("SET foreign_key_checks = 0")

    def _marked(self) -> list[str]:
        return list(self._connection.scalars(_MARKED, {"mark": MARK}))

    def _lock(self, name: str) -> bool:
        return bool(self._connection.scalar(text("SELECT get_lock(:name, 0)"), {"name": name}))

    def _unlock(self, name: str) -> None:
        self._connection.execute(text("SELECT release_lock(:name)"), {"name": name})

    def _create(self) -> None:
        self._connection.exec_driver_sql(f"CREATE DATABASE {self.name} COMMENT '{MARK}'")
        self._connection.exec_driver_sql(f"USE {self.name}")

    def _drop(self, name: str) -> None:
        self._connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")

    def _end_other_connections(self) -> None:
        for number in self._connection.scalars(_OTHERS, {"name": self.name}).all():
            with suppress(exc.DBAPIError):  # it has ended by itself
                self._connection.exec_driver_sql(f"KILL {number}")

    def _look(self) -> object:
        return self._connection.execute(_LOOK, {"name": self.name}).all()

    def _remember(self, metadata: MetaData, inserts: list[str]) -> None:
        counters = self._connection.execute(_COUNTERS, {"name": self.name}).all()
        lines = [
            "START TRANSACTION",
            *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
            *inserts,
            "COMMIT",
            *(
                f"IF ({_COUNTER} AND table_name = '{table}') <> {counter} THEN"
                f" ALTER TABLE {table} AUTO_INCREMENT = {counter}; END IF"
                for table, counter in counters
            ),
        ]
        self._statements = ";\n".join(lines)

    def _put_back(self) -> None:
        self._connection.exec_driver_sql(f"BEGIN NOT ATOMIC {self._statements}; END")
