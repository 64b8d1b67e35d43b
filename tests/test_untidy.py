"""Tests that clean up nothing, and as many that find nothing of it."""

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    QueuePool,
    Table,
    event,
    exc,
    insert,
    inspect,
    select,
)
from sqlalchemy.orm import Session

from katas.models import ROWS, Base, Item, User

kept: list[object] = []
"""What would otherwise be closed when nothing refers to it any more."""

FIRST_ROWS = {
    model if isinstance(model, Table) else model.__table__: rows for model, rows in ROWS.items()
}

heard: list[str] = []
"""What the listeners have heard that nobody removed."""


def test_leaves_rows_uncommitted(session: Session) -> None:
    session.add(User(name="barbara"))
    session.flush()
    kept.append(session)


def test_leaves_rows_committed(session: Session) -> None:
    session.add(User(name="barbara"))
    session.delete(session.get_one(Item, 1))
    session.commit()


def test_leaves_a_table_dropped(session: Session) -> None:
    Base.metadata.tables["item"].drop(session.connection())
    session.commit()


def test_leaves_a_table_created(engine: Engine) -> None:
    Table("parcel", MetaData(), Column("id", Integer)).create(engine)


def test_leaves_a_connection_in_a_transaction(engine: Engine) -> None:
    connection = engine.connect()
    connection.execute(insert(User).values(name="barbara"))
    kept.append(connection)


def test_leaves_a_failed_flush(session: Session) -> None:
    session.add(User(name="ada"))
    with pytest.raises(exc.IntegrityError):
        session.flush()
    kept.append(session)


def test_leaves_a_session_open(session: Session, other_session: Session) -> None:
    kept.extend([session, other_session, session.get_one(User, 1), other_session.get_one(User, 1)])


def test_leaves_listeners(engine: Engine, session: Session) -> None:
    for target, name in (
        (engine, "before_cursor_execute"),
        (engine.pool, "checkout"),
        (engine.dialect, "do_execute"),
        (session, "after_commit"),
    ):
        event.listen(target, name, lambda *_, name=name: heard.append(name))
    session.get_one(User, 1)
    session.commit()
    assert set(heard) == {"before_cursor_execute", "checkout", "do_execute", "after_commit"}


@pytest.mark.parametrize("number", range(8))
def test_finds_everything_as_it_should_be(
    number: int, engine: Engine, pool: QueuePool, session: Session, observer: Connection
) -> None:
    heard.clear()

    assert pool.checkedout() == 0
    assert set(inspect(engine).get_table_names()) == set(Base.metadata.tables)
    for table in Base.metadata.sorted_tables:
        wanted = FIRST_ROWS.get(table, [])
        found = observer.execute(select(table)).mappings().all()
        pairs = zip(found, wanted, strict=True)
        assert [{name: row[name] for name in wanted[0]} for row, _ in pairs] == wanted

    kathleen = User(name="kathleen")
    session.add(kathleen)
    session.commit()
    assert kathleen.id == 4

    assert heard == []
