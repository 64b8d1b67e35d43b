"""A plugin for a run inside a test: it writes down what happens, as JSON, an event a line.

It writes at once, so that everything is known of a run up to where it hangs or crashes. It is
loaded by `tests.nested`.
"""

import json
import os
import random
from collections.abc import Generator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dojo.timelimit import time_limit


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", type=Path, help="the file to write to")
    parser.addoption("--limit", type=float, default=20, help="seconds that a test may take")
    parser.addoption("--orders", type=int, metavar="SEEDS", help="run the tests in many orders")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # what a worker of xdist reports, its controller hears
        config.pluginmanager.register(Recorder(config.getoption("record")))
    if seeds := config.getoption("orders"):
        config.pluginmanager.register(Orders(seeds))


class TooSlow(BaseException):
    """Raised in a test that takes too long: no Exception, so that no test takes it for its own."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    limit = item.config.getoption("limit")
    with time_limit(limit, TooSlow(f"not done after {limit:g} s")):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    order = "in parallel" if hasattr(item.config, "workerinput") else ""
    report.order = getattr(item.session, "order", order)  # type: ignore[attr-defined]
    if call.excinfo:
        report.message = call.excinfo.exconly().partition("\n")[0]  # type: ignore[attr-defined]
        report.judged = _is_judgement(call.excinfo.value)  # type: ignore[attr-defined]
    return report


def _is_judgement(error: BaseException) -> bool:
    """Whether the test found the answer wrong; otherwise it was the answer that went wrong."""
    if isinstance(error, AssertionError) or type(error) is pytest.fail.Exception:
        return True
    return any(base.__module__.split(".")[0] == "sqlalchemy" for base in type(error).__mro__)


def _last_line(longrepr: object) -> str:
    """Of a traceback, or of the path, line and reason of what was skipped."""
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.strip().rpartition("\n")[2].removeprefix("E").strip()


class Recorder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed or report.skipped:
            event = "broken" if report.failed else "skipped"
            self._write(event=event, path=report.nodeid, message=_last_line(report.longrepr))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._write(event="collected", nodeids=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write(event="started", nodeid=nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._write(event="finished", nodeid=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        details = {
            "outcome": report.outcome,
            "hole": getattr(report, "hole", None),
            "judged": getattr(report, "judged", False),
            "message": getattr(report, "message", ""),
            "order": getattr(report, "order", ""),
        }
        self._write(event="report", nodeid=report.nodeid, report=details)

    def _write(self, **event: object) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


class Orders:
    """Runs the tests again and again: each one alone, and all of them in several orders.

    Each time in a fork of this process, which has imported all tests but has run only the first,
    to warm up. What that one has set up for the whole session is there for the others.
    """

    def __init__(self, seeds: int) -> None:
        self.seeds = seeds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first, *items = session.items
        _run([first, *items[:1]])
        for order, items_in_order in self._orders(items):
            if not os.fork():
                session.order = order  # type: ignore[attr-defined]
                _run([*items_in_order, first])
                os._exit(0)
            os.wait()
        return True

    def _orders(self, items: list[pytest.Item]) -> Iterator[tuple[str, list[pytest.Item]]]:
        for item in items:
            yield "alone", [item]
        yield "forwards", items
        yield "backwards", items[::-1]
        for seed in range(1, self.seeds + 1):
            yield f"shuffled with seed {seed}", random.Random(seed).sample(items, len(items))


def _run(items: list[pytest.Item]) -> None:
    """Run all but the last, before which the session is not torn down."""
    for item, nextitem in pairwise(items):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
