"""From what somebody wrote as a database URL to a server that can be used."""

from sqlalchemy import URL, create_engine, exc, make_url

from dojo.servers.mariadb import MariaDB
from dojo.servers.postgresql import PostgreSQL
from dojo.servers.server import Server, ServerError

_SERVERS: dict[str, type[PostgreSQL] | type[MariaDB]] = {
    "postgresql": PostgreSQL,
    "mariadb": MariaDB,
    "mysql": MariaDB,
}
_EXAMPLES = "postgresql+psycopg://user:password@host/database or mariadb+pymysql://user@host/"


def server(text: str) -> Server:
    """The server that a URL names. Raises ServerError, which never repeats the URL: it may hold
    a password, in the wrong place too.
    """
    url = _read(text)
    kind = url.get_backend_name()
    if kind not in _SERVERS:
        raise ServerError(
            f"The katas run on SQLite (without a URL), PostgreSQL and MariaDB: {_EXAMPLES}"
        )
    try:
        dialect = create_engine(url).dialect
    except exc.NoSuchModuleError:
        raise ServerError(f"SQLAlchemy knows no driver {url.drivername}: {_EXAMPLES}") from None
    except ImportError as error:
        raise ServerError(
            f"{url.drivername} needs a driver that is not installed: {error.name}\\n"
            f'pip install -e ".[{_SERVERS[kind].kind}]" brings the one of: {_EXAMPLES}'
        ) from None
    if dialect.is_async:
        raise ServerError(f"{url.drivername} is an async driver, and a Session is not: {_EXAMPLES}")
    return _SERVERS[kind](url)


def kind_of(text: str | None) -> str:
    """`sqlite`, `postgresql` or `mariadb`: which of them a URL means. None is SQLite.

    Raises ServerError.
    """
    kind = _read(text).get_backend_name() if text else "sqlite"
    return _SERVERS[kind].kind if kind in _SERVERS else kind


def _read(text: str) -> URL:
    try:
        url = make_url(text)
        if "@" in (url.host or ""):
            raise ValueError
    except (exc.ArgumentError, ValueError):
        raise ServerError(
            f"The database URL cannot be read. It is like this: {_EXAMPLES}\\n"
            "In a password, @ is written %40, / is %2F, and % is %25."
        ) from None
    return url
