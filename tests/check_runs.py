"""What has to come of running a chapter: untouched, with a hole open, wrongly filled, solved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from dojo.chapter import Hole
from dojo.outline import outline
from dojo.solution import WrongAnswer
from tests.nested import Report, Result, Run, copy_house, run, run_in_orders, without_parameters
from tests.pair import Pair, Problem


@dataclass(frozen=True, slots=True)
class Attempt:
    """A chapter with all holes filled but one, which is open or has a wrong answer in it."""

    pair: Pair
    hole: Hole
    wrong: WrongAnswer | None = None

    @property
    def path(self) -> str:
        """Where it stands to be run: in a file of its own."""
        chapter = self.pair.file.removesuffix(".py")
        answer = f"wrong_{self.wrong.line}" if self.wrong else "open"
        return f"attempts/{chapter}/test_{self.hole.line}_{self.hole.column}_{answer}.py"

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
    """Each hole open, and each hole with each of its wrong answers."""
    for hole in pair.chapter.holes:
        yield Attempt(pair, hole)
        for wrong in hole.note.wrong if hole.note else ():
            yield Attempt(pair, hole, wrong)


def run_attempts(root: Path, pairs: Iterable[Pair], folder: Path, limit: float = 30) -> Run:
    """Run these chapters untouched, and all attempts at them, in a copy of the house."""
    copy_house(root, folder)
    for pair in pairs:
        for attempt in attempts(pair):
            path = folder / attempt.path
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_text(attempt.source(), encoding="utf-8")
            except SyntaxError:
                continue  # that is a problem of wrong_answers()
    (folder / "attempts").mkdir(exist_ok=True)
    chapters = [pair.path for pair in pairs]
    return run(folder, *chapters, "attempts", "-p", "no:randomly", limit=limit)


def run_orders(root: Path, pairs: Iterable[Pair], folder: Path) -> Run:
    """Run the solutions of these chapters: each kata alone, then all in several orders."""
    copy_house(root, folder)
    return run_in_orders(folder, *(pair.solution_path for pair in pairs))


def run_in_parallel(root: Path, pairs: Iterable[Pair], folder: Path) -> Run:
    """Run the solutions of these chapters shuffled, in two processes."""
    copy_house(root, folder)
    return run(folder, *(pair.solution_path for pair in pairs), "-n2")


def untouched(pair: Pair, run: Run) -> Iterator[Problem]:
    """As the learner finds it, every kata fails, and because its hole is open."""
    for kata in pair.chapter.katas:
        if text := _instead_of_open(run.result(pair.path, kata.name)):
            yield pair.in_kata(kata.own_lines.start, f"untouched, the kata {text}")


def left_open(pair: Pair, run: Run) -> Iterator[Problem]:
    """With any single hole open, the katas that need it still fail for that reason."""
    for hole in pair.chapter.holes:
        for kata in hole.katas:
            if text := _instead_of_open(run.result(Attempt(pair, hole).path, kata)):
                yield pair.in_kata(hole.line, f"with only this hole open, {kata} {text}")


def _instead_of_open(result: Result) -> str | None:
    if result.missing:
        return result.missing
    if not result.failures and not result.skipped:
        return "passes"
    others = [failure for failure in result.failures if failure.hole is None]
    return f"fails for another reason: {others[0].message}" if others else None


def wrong_answers(pair: Pair, run: Run) -> Iterator[Problem]:
    """Every wrong answer fails: by an assertion or an SQLAlchemy error, not by a typo."""
    for attempt in attempts(pair):
        if attempt.wrong and attempt.hole.katas and (text := _instead_of_wrong(attempt, run)):
            yield pair.in_solution(attempt.wrong.line, f"the wrong answer {text}")


def _instead_of_wrong(attempt: Attempt, run: Run) -> str | None:
    try:
        attempt.source()
    except SyntaxError as error:
        return f"is no Python: {error.msg}"
    results = [run.result(attempt.path, kata) for kata in attempt.hole.katas]
    failures = [failure for result in results for failure in result.failures]
    for result in results:
        if result.missing:
            return result.missing
    for failure in failures:
        if not failure.judged and not _is_named(failure, attempt.hole.answer):
            return f"fails by itself, and not in the test: {failure.message}"
    return None if failures or any(result.skipped for result in results) else "passes"


def _is_named(failure: Report, answer: str) -> bool:
    """Whether the right answer is this very exception: then a wrong one lets it through."""
    error = failure.message.partition(":")[0]
    return error.rpartition(".")[2] == answer.rpartition(".")[2]


def solved(pair: Pair, run: Run) -> Iterator[Problem]:
    """The solution passes, in every order in which it was run."""
    solution = pair.chapter.solution
    for name in (kata.name for kata in pair.chapter.katas if kata.name in solution.blocks):
        line = solution.number(solution.blocks[name].own_lines.start)
        for order in run.orders():
            result = run.result(pair.solution_path, name, order)
            if result.missing:
                yield pair.in_solution(line, f"solved, {order}: the kata {result.missing}")
            elif result.failures:
                message = result.failures[0].message
                yield pair.in_solution(line, f"solved, {order}: the kata fails: {message}")


def counts(pair: Pair, run: Run) -> Iterator[Problem]:
    """What is in the file, what is collected, and what the report counts are the same."""
    if pair.path in run.skipped:
        return
    lines = {kata.name: kata.own_lines.start for kata in pair.chapter.katas}
    nodeids = {without_parameters(nodeid) for nodeid in run.collected}
    collected = {
        test for path, _, test in (n.partition("::") for n in nodeids) if path == pair.path
    }
    for name in lines.keys() - collected:
        yield pair.in_kata(lines[name], f"{name} is not collected")
    for name in collected - lines.keys():
        yield pair.in_kata(1, f"{name} is collected, and is no function of the file")
    counted = sum(run.counts.get(pair.title, {}).values())
    if counted != len(collected):
        yield pair.in_kata(
            1, f"the report counts {counted} katas, and {len(collected)} were collected"
        )


def skipped(pair: Pair, run: Run) -> list[str]:
    """The katas that could not be run here, and so were not checked either."""
    return [k.name for k in pair.chapter.katas if run.result(pair.path, k.name).skipped]


ATTEMPTS = (untouched, left_open, wrong_answers, counts)
ORDERS = (solved,)
