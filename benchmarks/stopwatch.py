"""A plugin of pytest's: writes down what each test took, its fixtures included."""

import json
from collections import defaultdict
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times", type=Path, required=True, help="write each test's seconds here")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Stopwatch(config.getoption("times")))


class Stopwatch:
    """Adds up set-up, call and teardown. A parametrized test has several times."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.location[2]] += report.duration

    def pytest_sessionfinish(self) -> None:
        times: defaultdict[str, list[float]] = defaultdict(list)
        for test, seconds in self._seconds.items():
            times[test.partition("[")[0]].append(seconds)
        self._path.write_text(json.dumps(times), encoding="utf-8")
