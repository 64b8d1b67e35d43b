"""A run of pytest inside a test, in a process of its own, and what came of it.

A process of its own because what is run may be anything: it may hang, or leave modules, mappings
and listeners behind.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).parent
ROOT = TESTS.parent

SEEDS = 3

WARM_UP = """\
from katas.models import User

def test_warm_up(session):
    session.get_one(User, 1)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """How one phase of a test went."""

    outcome: str
    hole: int | None
    """The line of the open hole that it has reached."""
    judged: bool
    """It failed by an assertion or an SQLAlchemy error, or for want of an expected exception."""
    message: str
    order: str
    """The order that the test was run in, if there were several."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went, in all its phases and with all its parameters."""

    failures: tuple[Report, ...] = ()
    skipped: bool = False
    missing: str | None = None
    """Why nothing is known of it."""


@dataclass(slots=True)
class Run:
    """What is known of a run."""

    collected: Sequence[str] = ()
    broken: dict[str, str] = field(default_factory=dict)
    """Why a file could not be imported, by its path."""
    skipped: list[str] = field(default_factory=list)
    """The files that were skipped whole, by path."""
    reports: dict[str, list[Report]] = field(default_factory=dict)
    """By test: a nodeid without parameters."""
    hung: list[str] = field(default_factory=list)
    """The tests that began and did not end."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """What the plugin counted, by chapter and by state."""

    def orders(self) -> list[str]:
        """All the orders in which tests were run, other than the usual one."""
        return sorted({r.order for reports in self.reports.values() for r in reports if r.order})

    def result(self, path: str, test: str, order: str | None = None) -> Result:
        """How a test went, in all orders or in one."""
        nodeid = f"{path}::{test}"
        if path in self.skipped:
            return Result(skipped=True)
        if path in self.broken:
            return Result(missing=f"cannot be imported: {self.broken[path]}")
        if nodeid in map(without_parameters, self.hung):
            return Result(missing="does not end")
        reports = [r for r in self.reports.get(nodeid, ()) if order in (None, r.order)]
        if not reports:
            because = f": {self.hung[0]} does not end" if self.hung else ""
            return Result(missing=f"was not run{because}")
        failures = tuple(report for report in reports if report.outcome == "failed")
        return Result(failures, any(report.outcome == "skipped" for report in reports))


def without_parameters(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def copy_house(root: Path, target: Path) -> None:
    """Copy what a run of the katas needs."""
    for folder in ("dojo", "katas", "solutions"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, target / folder, ignore=ignore, dirs_exist_ok=True)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(root / file, target)


def run(root: Path, *arguments: str, limit: float = 30) -> Run:
    """Run pytest in `root`.

    A test that takes longer than `limit` seconds ends the run, and a run that takes twenty times
    as long is ended too. Raises RuntimeError if pytest got nowhere.
    """
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST")}
    with TemporaryDirectory() as folder:
        record, counts, output = (Path(folder, name) for name in ("record", "counts", "output"))
        command = [
            *(sys.executable, "-m", "pytest", "--quiet", "--tb=no", "--no-summary"),
            *("-p", "recorder", f"--record={record}", f"--katas-json={counts}"),
            *("-o", f"faulthandler_timeout={limit}", "-o", "faulthandler_exit_on_timeout=true"),
            *arguments,
        ]
        environment = inherited | {
            "PYTHONPATH": os.pathsep.join([str(TESTS), inherited.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DEBUG_TEMPROOT": folder,
        }
        with output.open("w") as file, suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command,
                cwd=root,
                env=environment,
                stdout=file,
                stderr=file,
                timeout=20 * limit,
                check=False,
            )
        if not record.exists():
            raise RuntimeError(f"pytest got nowhere:\n{output.read_text()}")
        run = _read(record.read_text(encoding="utf-8"))
        run.counts = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
        return run


def run_in_orders(root: Path, *paths: str) -> Run:
    """Run each test of these files alone, and all of them in several orders."""
    warm_up = root / "test_warm_up.py"
    warm_up.write_text(WARM_UP, encoding="utf-8")
    return run(root, warm_up.name, *paths, "-p", "no:randomly", f"--orders={SEEDS}")


def _read(record: str) -> Run:
    run = Run()
    for line in record.splitlines():
        match json.loads(line):
            case {"event": "collected", "nodeids": nodeids}:
                run.collected = nodeids
            case {"event": "broken", "path": path, "message": message}:
                run.broken[path] = message
            case {"event": "skipped", "path": path}:
                run.skipped.append(path)
            case {"event": "started", "nodeid": nodeid}:
                run.hung.append(nodeid)
            case {"event": "finished", "nodeid": nodeid}:
                run.hung.remove(nodeid)
            case {"event": "report", "nodeid": nodeid, "report": report}:
                run.reports.setdefault(without_parameters(nodeid), []).append(Report(**report))
    return run
