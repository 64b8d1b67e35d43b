"""The hooks: where pytest behaves differently when it meets a kata."""

import gc
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from inspect import iscoroutinefunction
from pathlib import Path
from traceback import format_exception_only
from typing import Any

import pytest
from _pytest.outcomes import Failed
from packaging.version import Version

from dojo import attempt, timelimit
from dojo.hole import open_hole
from dojo.progress import KATAS, SOLUTIONS, State, is_kata
from dojo.reporter import KataReporter
from dojo.solution import WrongAnswer, take_apart
from dojo.xray.plugin import XRay


class OpenHole(Failed):
    """An open hole was reached: not a crash, so there is no traceback."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(f"{path}:{line}: the hole is open", pytrace=False)
        self.line = line


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("katas")
    group.addoption("--hint", action="store_true", help="one hint more for the next kata")
    group.addoption(
        "--solution",
        action="store_true",
        help="compare with the solutions: of solved katas, or of one that is named",
    )
    group.addoption("--xray", action="store_true", help="show what each test made its sessions do")
    group.addoption("--katas-json", metavar="FILE", type=Path, help="write each chapter's counts")
    parser.addini("kata_time_limit", "seconds that a kata may take", default="10")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "since(version): true from that version of SQLAlchemy on")
    config.pluginmanager.register(KataReporter(config), "kata-reporter")
    config.pluginmanager.register(XRay(config), "x-ray")
    stops_early = config.getoption("maxfail") or config.getoption("stepwise", False)
    if stops_early and (config.rootpath / KATAS).is_dir():
        # At the first one in the curriculum, rather than the first one in a shuffle.
        config.option.randomly_reorganize = False


def pytest_collection_finish() -> None:
    gc.freeze()  # What is imported by now stays: no collection has to go through it again.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    for marker in item.iter_markers("since"):
        _skip_before(*marker.args)
    with _holes_are_no_crashes(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    with _holes_are_no_crashes(item), _limited(item):
        return (yield)


def pytest_enter_pdb() -> None:
    timelimit.lift()
    if asynchronous := sys.modules.get("dojo.async_timelimit"):
        asynchronous.lift()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    error = call.excinfo
    if error and isinstance(error.value, OpenHole):
        call.excinfo = None  # nobody sees the traceback, and to make it takes a while
        report = yield
        call.excinfo = error
        report.outcome = "failed"
        report.longrepr = str(error.value)
        report.hole = error.value.line  # type: ignore[attr-defined]
        return report
    report = yield
    if error and report.failed and is_kata(report.nodeid):
        _tell_what_went_wrong(item, error, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
    error = call.excinfo.value.__cause__ if call and call.excinfo else None
    if isinstance(error, SyntaxError) and is_kata(report.nodeid):
        where = f"{report.nodeid}:{error.lineno}: Python cannot read this line\n"
        report.longrepr = where + "".join(format_exception_only(error)[1:])
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    if getattr(report, "hole", None):
        return "to do", State.TO_DO.value, "TO DO"
    return None


def _skip_before(needed: str) -> None:
    installed = version("sqlalchemy")
    if Version(installed) < Version(needed):
        pytest.skip(f"needs SQLAlchemy {needed}, this is {installed}: pip install -U sqlalchemy")


@contextmanager
def _holes_are_no_crashes(item: pytest.Item) -> Iterator[None]:
    try:
        yield
    except (NameError, AttributeError) as error:
        line = open_hole(error)
        if line is None:
            raise
        raise OpenHole(item.path.relative_to(item.config.rootpath).as_posix(), line) from None


@contextmanager
def _limited(item: pytest.Item) -> Iterator[None]:
    seconds = float(item.config.getini("kata_time_limit"))
    late = Failed(f"not done after {seconds:g} s: is there a loop without end, or a lock?")
    if not is_kata(item.nodeid):
        yield
        return
    if isinstance(item, pytest.Function) and iscoroutinefunction(item.obj):
        from dojo.async_timelimit import limited  # asyncio is slow to import, and seldom needed

        item.obj = limited(item.obj, seconds, late)
        seconds += 1
    with timelimit.time_limit(seconds, late):
        yield


def _tell_what_went_wrong(
    item: pytest.Item, error: pytest.ExceptionInfo[BaseException], report: pytest.TestReport
) -> None:
    """A short traceback, of the chapter's own lines, and the mistake if it is a known one."""
    own = error.traceback.filter(lambda entry: entry.path == item.path)
    if not own:
        return
    report.failed_at = own[-1].lineno + 1  # type: ignore[attr-defined]
    if item.config.getoption("tbstyle") == "auto":
        report.longrepr = error.getrepr(style="short", chain=False, tbfilter=lambda _: own)
    solution = item.config.rootpath / SOLUTIONS / item.path.name
    name = item.name.partition("[")[0]
    if solution.exists() and (wrong := _known_mistake(item.path, solution, name)):
        report.sections.insert(0, ("why not", wrong.reason))


def _known_mistake(path: Path, solution: Path, kata: str) -> WrongAnswer | None:
    notes = take_apart(solution.read_text(encoding="utf-8"))
    return attempt.listed_wrong_answer(path.read_text(encoding="utf-8"), notes, kata)
