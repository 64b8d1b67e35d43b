"""The database that a run is for: SQLite, a server that came with pip, or any other server."""

import os
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import exc

from dojo.servers import bundled, url
from dojo.servers.server import Server, ServerError

URL_VARIABLE = "KATA_DBURI"

_HOW_TO_REACH = {
    "postgresql": 'pip install -e ".[postgres]" && pytest katas/ --postgres',
    "mariadb": 'pip install -e ".[mariadb]" && pytest katas/ --dburi mariadb+pymysql://...',
    "sqlite": "pytest katas/",
}
_SERVER = pytest.StashKey[Server | None]()
_KIND = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("katas")
    group.addoption(
        "--postgres",
        action="store_true",
        help='run on a PostgreSQL server that comes with pip install -e ".[postgres]"',
    )
    group.addoption(
        "--dburi",
        metavar="URL",
        default=os.environ.get(URL_VARIABLE),
        help=f"run on this PostgreSQL or MariaDB server; {URL_VARIABLE} says it too",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_on(*databases): true on these, and not on others")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the server before any worker of pytest-xdist starts, to fail once and early."""
    config = session.config
    stack = ExitStack()
    config.add_cleanup(stack.close)
    try:
        config.stash[_SERVER] = _open(config, stack)
    except ServerError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the URL: it may be that of the server started here."""
    node.workerinput[URL_VARIABLE] = node.config.option.dburi


def _open(config: pytest.Config, stack: ExitStack) -> Server | None:
    if hasattr(config, "workerinput"):
        config.option.dburi = config.workerinput[URL_VARIABLE]
    elif config.option.postgres:
        config.option.dburi = stack.enter_context(bundled.postgres())
    dburi: str | None = config.option.dburi
    config.stash[_KIND] = url.kind_of(dburi)
    return stack.enter_context(url.server(dburi).opened()) if dburi else None


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server | None:
    """The server that the run is for. None is SQLite."""
    return pytestconfig.stash[_SERVER]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    for marker in item.iter_markers("only_on"):
        if item.config.stash[_KIND] not in marker.args:
            pytest.skip(f"only on {' or '.join(marker.args)}: {_HOW_TO_REACH[marker.args[0]]}")
    return (yield from _without_server_it_ends(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _without_server_it_ends(item))


def _without_server_it_ends(item: pytest.Item) -> Generator[None, Any, Any]:
    try:
        return (yield)
    except ServerError as error:
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)
    except exc.SQLAlchemyError:
        server = item.config.stash[_SERVER]
        if server and not server.answers():
            pytest.exit(str(server.gone()), pytest.ExitCode.USAGE_ERROR)
        raise
