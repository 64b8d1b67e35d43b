"""Nothing of one test reaches another, and the fixtures are what they say they are."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, QueuePool, exc, func, select, text
from sqlalchemy.orm import Session

from katas.models import Address, User
from tests.nested import ROOT, SEEDS, TESTS, copy_house, run, run_in_orders
from tests.outcome import Run


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house, with the untidy tests."""
    copy_house(ROOT, tmp_path)
    shutil.copy(TESTS / "test_untidy.py", tmp_path)
    return tmp_path


def failures(run: Run) -> list[str]:
    return [
        f"{nodeid} {report.order}: {report.message}"
        for nodeid, reports in run.reports.items()
        for report in reports
        if report.outcome == "failed"
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork(), to begin again and again")
def test_untidy_tests_are_invisible_in_every_order(house: Path) -> None:
    untidy = run_in_orders(house, "test_untidy.py")

    assert failures(untidy) == []
    assert len(untidy.orders()) == 3 + SEEDS
    for order in untidy.orders():
        tests = [t for t, reports in untidy.reports.items() if order in {r.order for r in reports}]
        assert len(tests) == 9


def test_untidy_tests_are_invisible_in_parallel(house: Path) -> None:
    pytest.importorskip("xdist")
    untidy = run(house, "test_untidy.py", "-n2")

    assert failures(untidy) == []
    assert len(untidy.reports) == 9


def count_users(connection: Connection | Session) -> int:
    return connection.execute(select(func.count(User.id))).scalar_one()


def test_foreign_keys_are_enforced(session: Session) -> None:
    session.add(Address(email="nobody@nowhere.example", user_id=99))

    with pytest.raises(exc.IntegrityError):
        session.flush()


def test_begin_is_really_sent(session: Session, observer: Connection) -> None:
    """Without it, releasing the savepoint would be the commit."""
    with session.begin_nested():
        session.add(User(name="barbara"))
    session.rollback()

    assert count_users(observer) == 3


@pytest.mark.only_on("sqlite", "postgresql")
def test_ddl_is_part_of_the_transaction(session: Session, observer: Connection) -> None:
    session.execute(text("DROP TABLE item"))
    session.rollback()

    assert observer.execute(text("SELECT count(*) FROM item")).scalar_one() == 3


def test_the_observer_sees_what_is_committed_at_once(
    session: Session, observer: Connection
) -> None:
    session.add(User(name="barbara"))
    session.flush()
    assert count_users(observer) == 3

    session.commit()
    assert count_users(observer) == 4


def test_the_observer_takes_no_connection_from_the_pool(
    pool: QueuePool, observer: Connection, statements: list[str]
) -> None:
    count_users(observer)

    assert pool.checkedout() == 0
    assert statements == []


def test_two_sessions_have_two_connections(
    session: Session, other_session: Session, pool: QueuePool
) -> None:
    session.add(User(name="barbara"))
    session.flush()

    assert count_users(session) == 4
    assert count_users(other_session) == 3
    assert pool.checkedout() == 2


@pytest.mark.only_on("sqlite", "mariadb")
def test_a_transaction_sees_the_snapshot_that_it_began_with(
    session: Session, other_session: Session
) -> None:
    assert count_users(session) == 3
    other_session.add(User(name="barbara"))
    other_session.commit()

    assert count_users(session) == 3
    session.commit()
    assert count_users(session) == 4


def test_the_log_of_statements_has_what_was_sent(session: Session, statements: list[str]) -> None:
    session.add(User(name="barbara"))
    session.commit()
    count_users(session)
    session.execute(text("select 1"))

    assert statements == ["INSERT", "SELECT", "SELECT"]


def test_the_session_has_the_defaults_of_sqlalchemy(session: Session) -> None:
    defaults = Session()

    assert session.autoflush == defaults.autoflush
    assert session.expire_on_commit == defaults.expire_on_commit
    assert type(session) is Session
