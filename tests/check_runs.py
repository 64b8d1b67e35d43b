"""What has to come of running a chapter: untouched, with a hole open, wrongly filled, solved."""

from collections.abc import Iterator

from tests.attempts import Attempt, attempts
from tests.outcome import Report, Result, Run, without_parameters
from tests.pair import Pair, Problem


def untouched(pair: Pair, run: Run) -> Iterator[Problem]:
    """As the learner finds it, every kata fails, and because its hole is open."""
    holes = {hole.line for hole in pair.chapter.holes}
    for kata in pair.chapter.katas:
        result = run.result(pair.path, kata.name)
        text = _instead_of_open(result)
        for line in {failure.hole for failure in result.failures} - holes if not text else ():
            text = f"is open on line {line}, where no hole is"
        if text:
            yield pair.in_kata(kata.own_lines.start, f"untouched, the kata {text}")


def left_open(pair: Pair, run: Run) -> Iterator[Problem]:
    """With any single hole open, the katas that need it still fail for that reason."""
    for attempt in attempts(pair):
        for kata in attempt.hole.katas if attempt.wrong is None else ():
            if text := _instead_of_open(run.result(attempt.path, kata)):
                yield pair.in_kata(attempt.hole.line, f"with only this hole open, {kata} {text}")


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
        orders: dict[str, list[str]] = {}
        for order in run.orders() or ["never run"]:
            if text := _instead_of_solved(run.result(pair.solution_path, name, order)):
                orders.setdefault(text, []).append(order)
        line = solution.number(solution.blocks[name].own_lines.start)
        for text, where in orders.items():
            yield pair.in_solution(line, f"solved ({', '.join(where)}), the kata {text}")


def _instead_of_solved(result: Result) -> str | None:
    return result.missing or next((f"fails: {f.message}" for f in result.failures), None)


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


def skipped(pair: Pair, run: Run) -> dict[str, str]:
    """The katas that cannot be run here, and so are not checked either, with the reason."""
    results = {kata.name: run.result(pair.path, kata.name) for kata in pair.chapter.katas}
    return {name: result.skipped for name, result in results.items() if result.skipped}


ATTEMPTS = (untouched, left_open, wrong_answers, counts)
ORDERS = (solved,)
