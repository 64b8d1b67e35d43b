"""What came of a nested run: how each test went, and what kept it from being run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field


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
    skipped: str | None = None
    """The reason, if it was skipped."""
    missing: str | None = None
    """Why nothing is known of it."""


@dataclass(slots=True)
class Run:
    """What is known of a run."""

    collected: Sequence[str] = ()
    broken: dict[str, str] = field(default_factory=dict)
    """Why a file could not be imported, by its path."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Why a file was skipped whole, by its path."""
    reports: dict[str, list[Report]] = field(default_factory=dict)
    """By test: a nodeid without parameters."""
    hung: list[str] = field(default_factory=list)
    """The tests that began and did not end."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """What the plugin counted, by chapter and by state."""

    def __add__(self, other: "Run") -> "Run":
        return Run(
            [*self.collected, *other.collected],
            self.broken | other.broken,
            self.skipped | other.skipped,
            self.reports | other.reports,
            [*self.hung, *other.hung],
            self.counts | other.counts,
        )

    def orders(self) -> list[str]:
        """All the orders in which tests were run, other than the usual one."""
        return sorted({r.order for reports in self.reports.values() for r in reports if r.order})

    def result(self, path: str, test: str, order: str = "") -> Result:
        """How a test went, in all orders or in one."""
        nodeid = f"{path}::{test}"
        if path in self.skipped:
            return Result(skipped=self.skipped[path])
        if path in self.broken:
            return Result(missing=f"cannot be imported: {self.broken[path]}")
        if nodeid in map(without_parameters, self.hung):
            return Result(missing="does not end")
        reports = [r for r in self.reports.get(nodeid, ()) if order in {"", r.order}]
        if not reports:
            because = f": {self.hung[0]} does not end" if self.hung else ""
            return Result(missing=f"was not run{because}")
        failures = tuple(report for report in reports if report.outcome == "failed")
        skips = (report.message for report in reports if report.outcome == "skipped")
        return Result(failures, skipped=next(skips, None))


def without_parameters(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def read(record: str) -> Run:
    """The run that `tests.recorder` has written down."""
    run = Run()
    for line in record.splitlines():
        match json.loads(line):
            case {"event": "collected", "nodeids": nodeids}:
                run.collected = nodeids
            case {"event": "broken", "path": path, "message": message}:
                run.broken[path] = message
            case {"event": "skipped", "path": path, "message": message}:
                run.skipped[path] = message
            case {"event": "started", "nodeid": nodeid}:
                run.hung.append(nodeid)
            case {"event": "finished", "nodeid": nodeid}:
                run.hung.remove(nodeid)
            case {"event": "report", "nodeid": nodeid, "report": report}:
                run.reports.setdefault(without_parameters(nodeid), []).append(Report(**report))
    return run
