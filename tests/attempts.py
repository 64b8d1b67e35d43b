"""Attempts at a chapter: with one hole open or wrongly filled; and how they are run."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from dojo.chapter import Hole
from dojo.outline import outline
from dojo.solution import WrongAnswer
from tests.nested import copy_house, run, run_in_orders, run_shared
from tests.outcome import Run
from tests.pair import Pair


@dataclass(frozen=True, slots=True)
class Attempt:
    """A chapter with all holes filled but one, which is open or has a wrong answer in it."""

    pair: Pair
    hole: Hole
    wrong: WrongAnswer | None = None

    @property
    def path(self) -> str:
        """Where it stands to be run: in a file of its own."""
        hole = f"{self.hole.line}_{self.hole.column}"
        answer = f"wrong_{self.wrong.line}" if self.wrong else "open"
        return f"{self.pair.attempts}/test_{hole}_{answer}.py"

    def source(self) -> str:
        """Its text, with only the tests that need the hole. Raises SyntaxError."""
        answers = {hole: hole.answer for hole in self.pair.chapter.holes if hole != self.hole}
        if self.wrong:
            line = self.pair.chapter.source.splitlines()[self.hole.line - 1]
            margin = line[: len(line) - len(line.lstrip())]
            answers[self.hole] = indent(self.wrong.text, margin).removeprefix(margin)
        source = self.pair.filled(answers)
        lines = source.splitlines()
        for block in outline(source).values():
            if block.is_test and block.name not in self.hole.katas:
                for number in block.own_lines:
                    lines[number - 1] = ""
        return "\n".join(lines)


def attempts(pair: Pair) -> Iterator[Attempt]:
    """Each hole with each of its wrong answers, and each hole open.

    A hole that is its kata's only one is open in the untouched chapter: that is not run again.
    """
    for hole in pair.chapter.holes:
        others = (set(other.katas) for other in pair.chapter.holes if other != hole)
        if any(katas.intersection(hole.katas) for katas in others):
            yield Attempt(pair, hole)
        for wrong in hole.note.wrong if hole.note else ():
            yield Attempt(pair, hole, wrong)


def run_attempts(
    root: Path, pairs: Iterable[Pair], folder: Path, *options: str, limit: float = 20
) -> Run:
    """Run these chapters untouched, and all attempts at them, in a copy of the house."""
    copy_house(root, folder)
    paths: list[str] = []
    for pair in pairs:
        paths += [pair.path, pair.attempts]
        for attempt in attempts(pair):
            path = folder / attempt.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(SyntaxError):  # that is a problem of wrong_answers()
                path.write_text(attempt.source(), encoding="utf-8")
    paths = [path for path in paths if (folder / path).exists()]
    return run_shared(folder, paths, "-p", "no:randomly", *options, limit=limit)


def run_orders(root: Path, pairs: Iterable[Pair], folder: Path) -> Run:
    """Run the solutions of these chapters: each kata alone, then all in several orders."""
    copy_house(root, folder)
    return run_in_orders(folder, *(pair.solution_path for pair in pairs))


def run_in_parallel(root: Path, pairs: Iterable[Pair], folder: Path, *options: str) -> Run:
    """Run the solutions of these chapters shuffled, in two processes."""
    copy_house(root, folder)
    return run(folder, *(pair.solution_path for pair in pairs), "-n2", *options)
