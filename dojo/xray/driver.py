"""What a driver makes of a transaction: SQLAlchemy begins one, but need not send BEGIN itself."""

from sqlalchemy import Connection

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


def is_in_transaction(connection: Connection) -> bool:
    """What the driver says. Drivers that don't say begin when they are told to, or soon after."""
    return bool(getattr(connection.connection.driver_connection, "in_transaction", True))


def is_about_to_begin(connection: Connection, sql: str) -> bool:
    """Whether the driver will send BEGIN before this statement.

    That of SQLite does so before the first one that writes, unless it is told not to.
    https://docs.python.org/3/library/sqlite3.html#transaction-control
    """
    driver = connection.connection.driver_connection
    if getattr(driver, "isolation_level", None) is None:
        return False
    return not is_in_transaction(connection) and sql.lstrip().upper().startswith(_WRITES)


def why_unsent(connection: Connection) -> str:
    """Why COMMIT or ROLLBACK will not be sent, or nothing if it will."""
    if connection._is_autocommit_isolation():
        return "autocommit"
    return "" if is_in_transaction(connection) else "no transaction"
