"""The end of a run: what is solved, what was solved just now, and what to do next."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pytest
from _pytest.terminal import TerminalReporter

from dojo import guidance, screen
from dojo.changes import Changes, changes
from dojo.progress import (
    KATAS,
    SOLUTIONS,
    Kata,
    Result,
    State,
    counts,
    is_kata,
    next_kata,
    solution_of,
    worse,
)
from dojo.screen import Line
from dojo.solution import Solution, take_apart

T = TypeVar("T")

SOLVED = "katas/solved"
HINTS = "katas/hints"


class KataReporter:
    """Follows a run, and writes below pytest's own report. Remembers by pytest's cache alone."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[Kata, Result] = {}
        self.unreadable: list[str] = []
        self.solution = cache(self._solution)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter and reporter.verbosity == 0 and all(is_kata(i.nodeid) for i in session.items):
            reporter.showfspath = False  # shuffled, the files' names would only be in the way

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if is_kata(report.nodeid) and report.failed:
            self.unreadable.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if is_kata(report.nodeid) and (result := _result(report)):
            path, line, _ = report.location
            name = report.nodeid.rpartition("::")[2].partition("[")[0]
            kata = Kata(Path(path).as_posix(), (line or 0) + 1, name)
            self.results[kata] = worse(self.results.get(kata, result), result)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if not self.results:
            return
        lines = screen.chapter_lines(self.results, dict(self._changes()))
        troubles = screen.trouble_lines(self.unreadable, self._gone())
        self._write(terminalreporter, "katas", chain(lines, troubles))
        width = self.config.get_terminal_writer().fullwidth
        newly = [(kata, self.solution(kata.solution)) for kata in self._newly_solved()]
        self._write(terminalreporter, "solved", guidance.solved_lines(newly, width))
        kata = next_kata(self.results)
        if self.config.getoption("solution"):
            self._write(terminalreporter, "solutions", self._solutions(width))
        elif kata:
            text = self._read(kata.path)
            lines = screen.next_lines(kata, self.results[kata], text, width)
            self._write(terminalreporter, "next", lines)
            if self.config.getoption("hint"):
                self._write(terminalreporter, "hint", self._hints(kata, width))
        else:
            self._write(terminalreporter, "done", screen.done_lines(self.results))

    def pytest_sessionfinish(self) -> None:
        path: Path | None = self.config.getoption("katas_json")
        if path and not hasattr(self.config, "workerinput"):
            path.write_text(json.dumps(counts(self.results), indent=2) + "\n", encoding="utf-8")

    def _changes(self) -> Iterator[tuple[str, Changes]]:
        for path in {kata.path for kata in self.results}:
            with suppress(FileNotFoundError):
                yield path, changes(self._read(path), self._read(solution_of(path)))

    def _gone(self) -> list[str]:
        """The chapters that are only left among the solutions."""
        chapters, solutions = self.config.rootpath / KATAS, self.config.rootpath / SOLUTIONS
        names = sorted(path.name for path in solutions.glob("test_*.py"))
        return [f"{KATAS}/{name}" for name in names if not (chapters / name).exists()]

    def _newly_solved(self) -> list[Kata]:
        """The katas that this run has solved and none before it, as far as the cache knows."""
        before = set(self._recall(SOLVED, list[str]()))
        ran = {kata.nodeid for kata in self.results}
        solved = [kata for kata in sorted(self.results) if self.results[kata].state is State.SOLVED]
        self._remember(SOLVED, sorted(before - ran | {kata.nodeid for kata in solved}))
        return [kata for kata in solved if kata.nodeid not in before]

    def _hints(self, kata: Kata, width: int) -> Iterable[Line]:
        """One hint more than the last time, or all of them where there is no cache to tell."""
        solution = self.solution(kata.solution)
        if solution is None:
            return [Line(f"{kata.solution} is not there: git restore {kata.solution}")]
        shown = self._recall(HINTS, dict[str, int]())
        shown[kata.nodeid] = min(shown.get(kata.nodeid, 0) + 1, guidance.hint_count(kata, solution))
        remembered = self._remember(HINTS, shown)
        number = shown[kata.nodeid] if remembered else guidance.hint_count(kata, solution)
        return guidance.hint_lines(kata, solution, number, width)

    def _solutions(self, width: int) -> Iterable[Line]:
        """The solutions of what is solved; of the rest only if just one kata was asked for."""
        katas = sorted(self.results)
        for kata in katas:
            solution = self.solution(kata.solution)
            if solution and (len(katas) == 1 or self.results[kata].state is State.SOLVED):
                yield from guidance.solution_lines(kata, self._read(kata.path), solution, width)
        hidden = [kata for kata in katas if self.results[kata].state is not State.SOLVED]
        if hidden and len(katas) > 1:
            yield Line(f"{len(hidden)} not solved yet. To see the solution of one, name it:")
            yield Line(f"pytest {hidden[0].nodeid} --solution")

    def _solution(self, path: str) -> Solution | None:
        try:
            return take_apart(self._read(path))
        except (FileNotFoundError, SyntaxError):
            return None

    def _read(self, path: str) -> str:
        return (self.config.rootpath / path).read_text(encoding="utf-8")

    def _recall(self, key: str, default: T) -> T:
        cache = getattr(self.config, "cache", None)  # None with -p no:cacheprovider
        return cache.get(key, default) if cache else default

    def _remember(self, key: str, value: object) -> bool:
        cache = getattr(self.config, "cache", None)
        if cache:
            cache.set(key, value)
        return bool(cache)

    def _write(self, terminalreporter: TerminalReporter, title: str, lines: Iterable[Line]) -> None:
        for number, line in enumerate(lines):
            if number == 0:
                terminalreporter.section(title)
            markup = {line.colour: True} if line.colour else {}
            terminalreporter.write_line(line.text, **markup)


def _result(report: pytest.TestReport) -> Result | None:
    if hole := getattr(report, "hole", None):
        return Result(State.TO_DO, hole)
    if report.failed:
        return Result(State.WRONG, getattr(report, "failed_at", None))
    if report.skipped:
        return Result(State.SKIPPED)
    return Result(State.SOLVED) if report.when == "call" else None
