"""The hooks of the x-ray: every test is recorded, and a failed one shown."""

import linecache
import shutil
from collections.abc import Callable, Generator, Iterator
from inspect import unwrap
from typing import Any

import pytest
from _pytest._code.code import ExceptionRepr
from _pytest.terminal import TerminalReporter

from dojo.xray.events import Recording
from dojo.xray.picture import picture
from dojo.xray.recorder import Recorder

_SECTION = "x-ray"

_SHOWN_WITH = {"passed": "P", "xfailed": "x", "xpassed": "X", "failed": "", "error": ""}
"""The letter of `-r` at which pytest itself shows the sections of a report, if it needs one."""


class XRay:
    """Shows what failed tests did, and with `--xray` what every test did."""

    def __init__(self, config: pytest.Config) -> None:
        self._every = bool(config.getoption("xray"))
        self._recorder = Recorder()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        with self._recorder:
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if isinstance(item, pytest.Function):
            self._recorder.start(_watched(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            self._recorder.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        attempted = report.failed and not getattr(report, "hole", None)
        wanted = attempted or (self._every and report.when == "call")
        recording = self._recorder.recording
        if wanted and recording.events and isinstance(item, pytest.Function):
            text = _drawn(recording, _watched(item), call.excinfo)
            if attempted and isinstance(report.longrepr, ExceptionRepr):
                report.longrepr.addsection(_SECTION, text)  # junit files and IDEs have it too
            else:
                report.sections.append((_SECTION, text))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        self._recorder.stop()  # where the set-up failed, there was no call

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        unseen = sorted(_unseen(terminalreporter), key=lambda report: report.location)
        if unseen:
            terminalreporter.section("x-rays")
        for report in unseen:
            terminalreporter.write_sep("_", report.nodeid)
            terminalreporter.write_line(dict(report.sections)[_SECTION])


def _watched(item: pytest.Function) -> Callable[..., object]:
    """The function that the learner wrote."""
    hypothesis: Any = getattr(item.function, "hypothesis", None)
    function: Callable[..., object] = hypothesis.inner_test if hypothesis else item.function
    return function


def _drawn(
    recording: Recording,
    test: Callable[..., object],
    error: pytest.ExceptionInfo[BaseException] | None,
) -> str:
    try:
        return "\n".join(_lines(recording, test, error))
    except Exception as mistake:  # a picture that fails must not end the run
        return f"The x-ray could not be drawn: {mistake!r}"


def _lines(
    recording: Recording,
    test: Callable[..., object],
    error: pytest.ExceptionInfo[BaseException] | None,
) -> list[str]:
    code = unwrap(test).__code__
    path, first = code.co_filename, code.co_firstlineno
    traceback = error.traceback if error else ()
    failed = [entry.lineno + 1 for entry in traceback if str(entry.path) == path]
    width = shutil.get_terminal_size().columns
    return picture(recording, path, first, failed, width, _read)


def _read(path: str) -> list[str]:
    return [line.rstrip("\n") for line in linecache.getlines(path)]


def _unseen(terminalreporter: TerminalReporter) -> Iterator[pytest.TestReport]:
    """The reports whose x-ray pytest does not show by itself."""
    for category, reports in terminalreporter.stats.items():
        letter = _SHOWN_WITH.get(category)
        if letter is None or (letter and not terminalreporter.hasopt(letter)):
            for report in reports:
                if _SECTION in dict(getattr(report, "sections", ())):
                    yield report
