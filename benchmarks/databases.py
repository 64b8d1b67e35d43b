"""The same test on two fresh databases: the one of conftest.py, and the usual recipe's.

Shuffled by pytest-randomly. With `--postgres` the recipe has a new schema for each test.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import count

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from katas.models import Base, User

every_turn = pytest.mark.parametrize("turn", range(100))

_numbers = count(1)


@every_turn
def test_fresh(turn: int, session: Session) -> None:
    write_and_read(session)


@every_turn
def test_recipe(turn: int, recipe_session: Session) -> None:
    write_and_read(recipe_session)


def write_and_read(session: Session) -> None:
    session.add(User(name="barbara"))
    session.commit()
    assert session.scalars(select(User).where(User.name == "barbara")).one().fullname is None


@pytest.fixture
def recipe_session(recipe_engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(recipe_engine)
    with Session(recipe_engine) as session:
        yield session


@pytest.fixture
def recipe_engine(server_engine: Engine | None) -> Iterator[Engine]:
    opened = new_schema(server_engine) if server_engine else nullcontext(create_engine("sqlite://"))
    with opened as engine:
        yield engine
        engine.dispose()


@contextmanager
def new_schema(server: Engine) -> Iterator[Engine]:
    name = f"recipe_{next(_numbers)}"
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield create_engine(server.url, connect_args={"options": f"-csearch_path={name}"})
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


@pytest.fixture(scope="session")
def server_engine(pytestconfig: pytest.Config) -> Iterator[Engine | None]:
    url = pytestconfig.getoption("dburi", None)
    engine = create_engine(url) if url else None
    yield engine
    if engine:
        engine.dispose()
