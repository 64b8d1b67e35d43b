"""A schema of the run's own in a PostgreSQL database."""

from sqlalchemy import URL, MetaData, TextClause, text

from dojo.servers.server import MARK, Server

_LOOK = text("""
    WITH own AS (
        SELECT classid, objid FROM pg_depend
        WHERE refclassid = 'pg_namespace'::regclass
        AND refobjid = (SELECT to_regnamespace(:name))
    ), tables(oid) AS (
        SELECT objid FROM own WHERE classid = 'pg_class'::regclass
        UNION ALL
        SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT objid FROM own)
    ), parts(part) AS (
        SELECT 'own ' || classid || ' ' || objid FROM own
        UNION ALL
        SELECT 'table ' || oid || ' ' || xmin FROM pg_class
        WHERE oid IN (SELECT oid FROM tables)
        UNION ALL
        SELECT 'column ' || attrelid || ' ' || attnum || ' ' || xmin FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM tables) AND attnum > 0
        UNION ALL
        SELECT 'constraint ' || oid || ' ' || xmin FROM pg_constraint
        WHERE conrelid IN (SELECT oid FROM tables)
        UNION ALL
        SELECT 'trigger ' || oid || ' ' || xmin FROM pg_trigger
        WHERE tgrelid IN (SELECT oid FROM tables)
    )
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM parts
""")

_END = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = :name AND datname = current_database()
""")

_PREPARED = text("""
    SELECT DISTINCT gid FROM pg_prepared_xacts AS prepared
    JOIN pg_locks AS own ON own.transactionid = prepared.transaction AND own.pid IS NULL
    JOIN pg_locks AS held ON held.virtualtransaction = own.virtualtransaction AND held.pid IS NULL
    JOIN pg_class ON pg_class.oid = held.relation
    WHERE prepared.database = current_database() AND owner = current_user
    AND relnamespace = to_regnamespace(:name)
""")

_MARKED = text(
    "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = :mark"
)


def _on_lock(function: str) -> TextClause:
    return text(f"SELECT {function}(hashtextextended(:name, 0))")


class PostgreSQL(Server):
    """The place is a schema: the search path of all connections to it, and the whole of it."""

    kind = "postgresql"

    @property
    def right(self) -> str:
        database, user = self.url.database or "...", self.url.username or "..."
        return f"GRANT CREATE ON DATABASE {database} TO {user}"

    @property
    def own_url(self) -> URL:
        given = self.url.query.get("options", ())
        options = [given] if isinstance(given, str) else list(given)
        return self.url.update_query_dict(
            {
                "options": " ".join([*options, f"-c search_path={self.name}"]),
                "application_name": self.name,
            }
        )

    def _check(self) -> None:
        # Rather an error than to wait for what somebody holds and never lets go.
        self._connection.exec_driver_sql("SET lock_timeout = '30s'")

    def _marked(self) -> list[str]:
        return list(self._connection.scalars(_MARKED, {"mark": MARK}))

    def _lock(self, name: str) -> bool:
        return bool(self._connection.scalar(_on_lock("pg_try_advisory_lock"), {"name": name}))

    def _unlock(self, name: str) -> None:
        self._connection.execute(_on_lock("pg_advisory_unlock"), {"name": name})

    def _create(self) -> None:
        self._connection.exec_driver_sql(
            f"DO $$ BEGIN CREATE SCHEMA {self.name};"
            f" COMMENT ON SCHEMA {self.name} IS '{MARK}'; END $$"
        )

    def _drop(self, name: str) -> None:
        self._roll_back_prepared(name)
        self._connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")

    def _end_other_connections(self) -> None:
        self._connection.execute(_END, {"name": self.name})
        self._roll_back_prepared(self.name)

    def _roll_back_prepared(self, name: str) -> None:
        """Roll back what two-phase commits have left: it outlives its connection, and locks."""
        for gid in self._connection.scalars(_PREPARED, {"name": name}).all():
            self._connection.exec_driver_sql(f"ROLLBACK PREPARED '{gid}'")

    def _look(self) -> object:
        return self._connection.scalar(_LOOK, {"name": self.name})

    def _remember(self, metadata: MetaData, inserts: list[str]) -> None:
        tables = metadata.sorted_tables
        lines = [
            f"SET LOCAL search_path = {self.name}",
            *(f"DELETE FROM {table.name}" for table in reversed(tables)),
            *inserts,
            *(
                f"PERFORM setval(pg_get_serial_sequence('{t.name}', '{column.name}'),"
                f" (SELECT coalesce(max({column.name}), 0) + 1 FROM {t.name}), false)"
                for t in tables
                if (column := t.autoincrement_column) is not None
            ),
        ]
        self._statements = ";\n".join(lines)

    def _put_back(self) -> None:
        self._connection.exec_driver_sql(f"DO $katas$ BEGIN {self._statements}; END $katas$")
