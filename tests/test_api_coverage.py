"""Every public name of the Session's API is used by a solution, or is named here with a reason."""

import ast
from collections.abc import Iterator
from functools import cache
from inspect import signature

import pytest
from sqlalchemy import orm
from sqlalchemy.ext import asyncio
from sqlalchemy.orm import events

from tests.api_left_out import LEFT_OUT
from tests.nested import ROOT


def names_of(*classes: type) -> set[str]:
    """The public names of classes, and the parameters with which they are made."""
    names = {name for cls in classes for name in dir(cls)}
    names |= {name for cls in classes for name in signature(cls).parameters}
    return {name for name in names if not name.startswith("_")} - {"dispatch"}


API: dict[str, set[str]] = {
    "Session": names_of(orm.Session),
    "SessionTransaction": names_of(orm.SessionTransaction),
    "sessionmaker": names_of(orm.sessionmaker),
    "scoped_session": names_of(orm.scoped_session),
    "InstanceState": names_of(orm.InstanceState),
    "AttributeState": names_of(orm.AttributeState),
    "ORMExecuteState": names_of(orm.ORMExecuteState),
    "AsyncSession": names_of(asyncio.AsyncSession),
    "async_sessionmaker": names_of(asyncio.async_sessionmaker),
    "async_scoped_session": names_of(asyncio.async_scoped_session),
    "AsyncSessionTransaction": names_of(asyncio.AsyncSessionTransaction),
    "SessionEvents": names_of(events.SessionEvents),
    "InstanceEvents": names_of(events.InstanceEvents),
    "MapperEvents": {
        f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete")
    },
    "functions": {
        "object_session",
        "close_all_sessions",
        "make_transient",
        "make_transient_to_detached",
        "was_deleted",
        "flag_modified",
        "set_committed_value",
        "with_loader_criteria",
        "async_object_session",
    },
    "cascades": {
        "save-update",
        "merge",
        "delete",
        "delete-orphan",
        "expunge",
        "refresh-expire",
        "all",
    },
    "execution options": {
        "autoflush",
        "populate_existing",
        "yield_per",
        "synchronize_session",
        "dml_strategy",
        "render_nulls",
        "schema_translate_map",
        "isolation_level",
        "stream_results",
    },
    "synchronize_session": {"auto", "evaluate", "fetch"},
    "join_transaction_mode": {
        "conditional_savepoint",
        "rollback_only",
        "control_fully",
        "create_savepoint",
    },
    "exceptions": {
        "StaleDataError",
        "FlushError",
        "ObjectDereferencedError",
        "DetachedInstanceError",
        "UnmappedInstanceError",
        "ObjectDeletedError",
        "PendingRollbackError",
        "IllegalStateChangeError",
        "NoResultFound",
        "MultipleResultsFound",
    },
}


@cache
def used() -> frozenset[str]:
    """The names, keywords and words of strings in the code of all solutions."""
    files = sorted((ROOT / "solutions").glob("test_*.py"))
    return frozenset(name for file in files for name in _names(file.read_text(encoding="utf-8")))


def _names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)):
                yield from text.replace(",", " ").split()


@pytest.mark.parametrize("api", API)
def test_every_name_is_used_or_has_a_reason(api: str) -> None:
    reasons = LEFT_OUT.get(api, {})

    assert sorted(API[api] - used() - reasons.keys()) == []


@pytest.mark.parametrize("api", LEFT_OUT)
def test_no_name_is_left_out_that_is_used(api: str) -> None:
    assert sorted(LEFT_OUT[api].keys() & used()) == []
