"""The hooks: where pytest behaves differently when it meets a kata."""

from collections.abc import Generator, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from _pytest.outcomes import Failed
from _pytest.terminal import TerminalReporter
from packaging.version import Version

from dojo.hole import open_hole
from dojo.progress import KATAS, Kata, Result, State, next_kata, worse
from dojo.screen import Line, chapter_lines, next_lines, solved_lines


SOLVED = "dojo/solved"


class OpenHole(Failed):
    """An open hole was reached: not a crash, so there is no traceback."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "since(version): true from that version of SQLAlchemy on")
    config.pluginmanager.register(Dojo(config), "dojo")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    for marker in item.iter_markers("since"):
        _skip_before(*marker.args)
    return (yield from _holes_are_no_crashes(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _holes_are_no_crashes(item))


def _skip_before(needed: str) -> None:
    installed = version("sqlalchemy")
    if Version(installed) < Version(needed):
        pytest.skip(f"needs SQLAlchemy {needed}, this is {installed}: pip install -U sqlalchemy")


def _holes_are_no_crashes(item: pytest.Item) -> Generator[None, Any, Any]:
    try:
        return (yield)
    except (NameError, AttributeError) as error:
        line = open_hole(error)
        if line is None:
            raise
        where = item.path.relative_to(item.config.rootpath).as_posix()
        raise OpenHole(f"{where}:{line}: the hole is open", pytrace=False) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo
    if error is None or not report.failed:
        return report
    own = error.traceback.filter(lambda entry: entry.path == item.path)
    if isinstance(error.value, OpenHole):
        report.hole = open_hole(error.value.__cause__)  # type: ignore[attr-defined]
    elif own and _is_kata(report.nodeid):
        report.failed_at = own[-1].lineno + 1  # type: ignore[attr-defined]
        if item.config.getoption("tbstyle") == "auto":
            report.longrepr = error.getrepr(style="short", chain=False, tbfilter=lambda _: own)
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    if getattr(report, "hole", None):
        return "to do", State.TO_DO.value, "TO DO"
    return None


def _is_kata(nodeid: str) -> bool:
    return nodeid.startswith(f"{KATAS}/")


class Dojo:
    """Follows one run, and closes it with what is solved and what to do next."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[Kata, Result] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if _is_kata(report.nodeid) and (result := _result(report)):
            path, line, _ = report.location
            name = report.nodeid.rpartition("::")[2].partition("[")[0]
            kata = Kata(Path(path).as_posix(), (line or 0) + 1, name)
            self.results[kata] = worse(self.results.get(kata, result), result)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if not self.results:
            return
        terminalreporter.section("katas")
        _write(terminalreporter, chapter_lines(self.results))
        newly_solved = self._newly_solved()
        if newly_solved:
            terminalreporter.section("solved since the last run")
            _write(terminalreporter, solved_lines(newly_solved))
        if kata := next_kata(self.results):
            source = (self.config.rootpath / kata.path).read_text(encoding="utf-8")
            terminalreporter.section("next")
            _write(terminalreporter, next_lines(kata, self.results[kata], source))

    def _newly_solved(self) -> list[Kata]:
        """The katas that this run has solved and none before it, as far as the cache knows."""
        cache = getattr(self.config, "cache", None)
        if cache is None:
            return []
        before = set(cache.get(SOLVED, []))
        ran = {kata.nodeid for kata in self.results}
        solved = [kata for kata in sorted(self.results) if self.results[kata].state is State.SOLVED]
        cache.set(SOLVED, sorted(before - ran | {kata.nodeid for kata in solved}))
        return [kata for kata in solved if kata.nodeid not in before]


def _result(report: pytest.TestReport) -> Result | None:
    if hole := getattr(report, "hole", None):
        return Result(State.TO_DO, hole)
    if report.failed:
        return Result(State.WRONG, getattr(report, "failed_at", None))
    if report.skipped:
        return Result(State.SKIPPED)
    return Result(State.SOLVED) if report.when == "call" else None


def _write(terminalreporter: TerminalReporter, lines: Iterable[Line]) -> None:
    for line in lines:
        terminalreporter.write_line(line.text, **({line.colour: True} if line.colour else {}))
