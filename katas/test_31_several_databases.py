"""Several databases.

A session can be bound to more than one engine. Of each statement, and of each row of a flush, its
get_bind() says which engine it is for, going by the class or by the table. So one session can
fill two databases. But no statement is sent to both, and each has a transaction of its own.

https://docs.sqlalchemy.org/en/21/orm/persistence_techniques.html#session-partitioning
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Delete,
    Engine,
    Executable,
    Insert,
    Update,
    delete,
    event,
    exc,
    select,
    text,
    union,
    update,
)
from sqlalchemy.orm import Session, close_all_sessions, sessionmaker

from dojo import database
from katas.models import Base, Product, Review, Tag, User, product_tag

NEW_NAMES = union(
    select(User.name.label("new")).where(User.id > 3),
    select(Product.name).where(Product.id > 2),
    select(Review.text).where(Review.id > 2),
).order_by("new")
STOCKS = select(Product.stock).order_by(Product.id)

UNANSWERED = (ConnectionError, exc.InvalidRequestError)
"""The error that is raised, and what SQLAlchemy before 2.0.51 made of it: its issue 13356."""


@pytest.fixture
def other_engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A second database, a SQLite file. It has the tables of the first one, and their rows."""
    other_engine = database.connect(database.copy_template(template, tmp_path / "other.db"))
    yield other_engine
    close_all_sessions()
    other_engine.dispose()


@pytest.fixture
def second_engine(engine: Engine, connect: Callable[[], Engine]) -> Iterator[Engine]:
    """Another engine for PostgreSQL, if that can promise a commit: it cannot by default."""
    [most] = read(engine, text("SHOW max_prepared_transactions"))
    if most == "0":
        pytest.skip("the server has max_prepared_transactions = 0: pytest katas/ --postgres")
    second_engine = connect()
    yield second_engine
    close_all_sessions()
    second_engine.dispose()


def read(engine: Engine, query: Executable) -> list[Any]:
    """What is committed in a database: the first column of each row."""
    with engine.connect() as connection:
        return list(connection.scalars(query))


def lose_the_second(what: str, *engines: Engine) -> None:
    """Of all that these engines are going to send of this kind, the second one does not arrive."""
    sent = count(1)

    def lose(*_: object) -> None:
        if next(sent) == 2:
            raise ConnectionError("no answer")

    for engine in engines:
        event.listen(engine, what, lose)


def test_where_three_new_rows_go(engine: Engine, other_engine: Engine) -> None:
    """A review has a foreign key to its product. Both databases have all the tables."""
    session = Session(binds={Base: engine, Product: other_engine})
    review = Review(text="well made", product_id=1)
    session.add_all([User(name="barbara"), Product(name="sextant"), review])

    session.commit()

    here, there = read(engine, NEW_NAMES), read(other_engine, NEW_NAMES)
    assert (here, there) == ___


def test_a_table_that_has_no_class(engine: Engine, other_engine: Engine) -> None:
    """Products and tags are in the other database, and so is the table between them: say so."""
    session = Session(engine)
    session.bind_mapper(Product, other_engine)
    session.bind_mapper(Tag, other_engine)

    ___

    session.execute(delete(product_tag))
    session.commit()
    assert session.get_bind(User) is engine
    left = [len(read(each, select(product_tag))) for each in (engine, other_engine)]
    assert left == [3, 0]


def test_raw_sql_for_one_of_two_databases(engine: Engine, other_engine: Engine) -> None:
    """Products are in the other database. See to it that this statement goes there."""
    session = Session(binds={Base: engine, Product: other_engine})
    sell_out = text("UPDATE product SET stock = 0")

    session.execute(sell_out, bind_arguments=___)
    session.commit()

    assert (read(engine, STOCKS), read(other_engine, STOCKS)) == ([10, 3], [0, 0])


@pytest.mark.since("2.1.7")
def test_which_databases_a_transaction_is_in(engine: Engine, other_engine: Engine) -> None:
    session = Session(binds={Base: engine, Product: other_engine})
    assert set(session.binds.values()) == {engine, other_engine}

    transaction = session.begin()
    session.get_one(Product, 1)

    assert transaction.bound_connection(Product) in transaction.connections
    assert {each.engine for each in transaction.connections} == ___


def test_a_commit_that_stops_halfway(engine: Engine, other_engine: Engine) -> None:
    """How many of the two rows are there in the end?"""
    session = Session(engine, binds={Product: other_engine})
    session.add_all([User(name="barbara"), Product(name="sextant")])
    lose_the_second("commit", engine, other_engine)

    with pytest.raises(ConnectionError):
        session.commit()
    session.invalidate()

    assert len(read(engine, NEW_NAMES) + read(other_engine, NEW_NAMES)) == ___


@pytest.mark.only_on("postgresql")
def test_what_is_promised_and_what_is_saved(engine: Engine, second_engine: Engine) -> None:
    """With twophase=True, prepare() has each database promise that it will be able to commit.

    How many new rows are there: after a promise was refused, after both were given, at the end?
    """
    session = Session(engine, binds={Product: second_engine}, twophase=True)
    session.add_all([User(name="barbara"), Product(name="sextant")])
    lose_the_second("prepare_twophase", engine, second_engine)

    with pytest.raises(UNANSWERED):
        session.prepare()
    session.rollback()
    refused = len(read(engine, NEW_NAMES))
    session.add_all([User(name="annie"), Product(name="astrolabe")])
    session.prepare()
    promised = len(read(engine, NEW_NAMES))
    session.commit()

    assert (refused, promised, len(read(engine, NEW_NAMES))) == ___


def test_reading_from_a_replica(session: Session, other_engine: Engine) -> None:
    """Here the other database is a replica: it will hear of every change, but not at once."""
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    find_ada, on_the_replica = select(User).where(User.id == 1), {"bind": other_engine}

    session.scalars(find_ada, bind_arguments=on_the_replica).one()
    shown = [ada.fullname]
    session.commit()
    session.scalars(find_ada, bind_arguments=on_the_replica).one()
    shown.append(ada.fullname)

    assert shown == ___


def test_writing_here_and_reading_there(
    engine: Engine, other_engine: Engine, statements: list[str]
) -> None:
    """Write `get_bind`: reads go to the other engine, whatever writes goes to `engine`.

    The statement, if there is one, is `clause`. While the session flushes, `_flushing` is true.
    """

    class RoutingSession(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **others: Any) -> Engine:
            ___

    with sessionmaker(class_=RoutingSession).begin() as session:
        session.get_one(User, 1).fullname = "Countess of Lovelace"
        session.execute(update(Product).values(stock=0))

    assert statements == ["UPDATE", "UPDATE"]
    assert (read(engine, STOCKS), read(other_engine, STOCKS)) == ([0, 0], [10, 3])
