"""The self-check finds what it is there to find, and names the file and the line."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dojo.chapter import compare
from tests import check_form, check_notes, check_runs, check_text
from tests.attempts import run_attempts, run_orders
from tests.broken_chapters import IN_ATTEMPTS, IN_ORDERS, IN_TEXT, Breakage
from tests.check_form import CURRICULUM
from tests.nested import ROOT, copy_house
from tests.outcome import Run
from tests.pair import FOLDERS, Pair, Problem, UnreadableError, files, read

FILES = [f"test_{number:02}_{name}.py" for number, name in enumerate(CURRICULUM, start=1)]
ATTEMPTS = dict(zip(FILES, IN_ATTEMPTS, strict=False))
ORDERS = dict(zip(FILES, IN_ORDERS, strict=False))

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")


def problems_in_text(pair: Pair) -> set[Problem]:
    checks = (*check_text.CHECKS, *check_notes.CHECKS, *check_form.CHECKS)
    return {problem for check in checks for problem in check(pair)}


def assert_found(breakage: Breakage, file: str, problems: Iterable[Problem]) -> None:
    """There is a problem wherever one is expected, with that text, and nowhere else."""
    texts = breakage.texts()
    expected = [
        Problem(f"{folder}/{file}", line_of(texts[folder], begin), text)
        for folder, begin, text in breakage.expected
    ]
    places = {(wanted.path, wanted.line) for wanted in expected}
    assert [str(p) for p in problems if (p.path, p.line) not in places] == []
    for wanted in expected:
        found = [p.text for p in problems if (p.path, p.line) == (wanted.path, wanted.line)]
        assert any(wanted.text in text for text in found), f"{wanted}\nis not in {found}"


def line_of(text: str, begin: str) -> int:
    lines = text.splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(begin))


@pytest.mark.parametrize("breakage", IN_TEXT, ids=lambda breakage: breakage.what)
def test_it_is_seen_in_the_text(breakage: Breakage) -> None:
    file = FILES[0]
    texts = breakage.texts()

    problems = problems_in_text(Pair(file, compare(texts["katas"], texts["solutions"])))

    assert_found(breakage, file, problems)


def test_a_hole_in_a_string_is_seen() -> None:
    texts = Breakage("", []).texts()
    kata = texts["katas"].replace("ada not in session", 'f"{___}"')

    problems = check_text.misplaced_holes(Pair(FILES[0], compare(kata, texts["solutions"])))

    assert "a hole in a string: not every Python sees it there" in {p.text for p in problems}


def build(root: Path, chapters: Mapping[str, Breakage]) -> dict[str, Pair]:
    """Make a copy of the house with these chapters only, and read them."""
    copy_house(ROOT, root)
    for path in [path for folder in FOLDERS for path in (root / folder).glob("test_*.py")]:
        path.unlink()
    for file, breakage in chapters.items():
        for folder, text in breakage.texts().items():
            (root / folder / file).write_text(text, encoding="utf-8")
    return {file: read(root, file) for file in chapters}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Broken chapters, and a run of them all: that is quicker than one by one."""

    pairs: Mapping[str, Pair]
    run: Run


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    root, folder = (tmp_path_factory.mktemp(name) for name in ("broken", "attempts"))
    pairs = build(root, ATTEMPTS)
    return Evidence(pairs, run_attempts(root, pairs.values(), folder))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    root, folder = (tmp_path_factory.mktemp(name) for name in ("broken", "orders"))
    pairs = build(root, ORDERS)
    return Evidence(pairs, run_orders(root, pairs.values(), folder))


@pytest.mark.parametrize("file", ATTEMPTS, ids=lambda file: ATTEMPTS[file].what)
def test_it_is_seen_in_attempts(file: str, attempts: Evidence) -> None:
    pair = attempts.pairs[file]

    problems = problems_in_text(pair)
    problems |= {p for check in check_runs.ATTEMPTS for p in check(pair, attempts.run)}

    assert_found(ATTEMPTS[file], file, problems)


def test_what_is_skipped_is_known(attempts: Evidence) -> None:
    skipped = [check_runs.skipped(pair, attempts.run) for pair in attempts.pairs.values()]

    assert skipped[:2] == [{}, {"test_a_call": "Skipped: no server"}]
    assert set(skipped[2].values()) == {
        "Skipped: could not import 'no_such_module': No module named 'no_such_module'"
    }
    assert not any(skipped[3:])


@needs_fork
@pytest.mark.parametrize("file", ORDERS, ids=lambda file: ORDERS[file].what)
def test_it_is_seen_in_a_run_of_the_solution(file: str, orders: Evidence) -> None:
    pair = orders.pairs[file]

    problems = problems_in_text(pair)
    problems |= {p for check in check_runs.ORDERS for p in check(pair, orders.run)}

    assert_found(ORDERS[file], file, problems)


def test_a_kata_that_the_report_does_not_count_is_missed(attempts: Evidence) -> None:
    pair = attempts.pairs[FILES[0]]
    assert list(check_runs.counts(pair, attempts.run)) == []

    fewer = replace(attempts.run, counts={pair.title: {"to_do": 3}})

    assert [str(problem) for problem in check_runs.counts(pair, fewer)] == [
        f"katas/{FILES[0]}:1: the report counts 3 katas, and 4 were collected"
    ]


@needs_fork
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("while True: pass", "the wrong answer fails by itself"),
        ('while True: __import__("signal").setitimer(0, 0)', "the wrong answer does not end"),
    ],
)
def test_an_attempt_that_hangs_does_not_hang_the_check(
    answer: str, text: str, tmp_path: Path
) -> None:
    breakage = Breakage("", [], solution=("# wrong: session.flush()", f"# wrong: {answer}"))
    pairs = build(tmp_path / "broken", {FILES[0]: breakage})

    run = run_attempts(tmp_path / "broken", pairs.values(), tmp_path / "run", limit=1)

    problems = check_runs.wrong_answers(pairs[FILES[0]], run)
    assert text in {problem.text.partition(",")[0] for problem in problems}


def test_a_run_in_which_pytest_breaks_is_an_error(tmp_path: Path) -> None:
    pairs = build(tmp_path / "broken", {FILES[0]: IN_TEXT[0]})
    hook = "\n\ndef pytest_runtest_logreport(report): raise KeyError('broken')\n"
    with (tmp_path / "broken" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(hook)

    with pytest.raises(RuntimeError, match="KeyError: 'broken'"):
        run_attempts(tmp_path / "broken", pairs.values(), tmp_path / "run")


def test_a_run_that_did_nothing_proves_nothing(attempts: Evidence) -> None:
    pair = attempts.pairs[FILES[0]]

    problems = [
        p for check in (*check_runs.ATTEMPTS, *check_runs.ORDERS) for p in check(pair, Run())
    ]

    assert {problem.text for problem in problems} >= {
        "untouched, the kata was not run",
        "the wrong answer was not run",
        "solved (never run), the kata was not run",
        "test_a_value is not collected",
    }


def test_a_missing_file_is_missed(tmp_path: Path) -> None:
    build(tmp_path, {FILES[0]: IN_TEXT[0]})
    (tmp_path / "solutions" / FILES[0]).unlink()

    assert files(tmp_path) == [FILES[0]]
    with pytest.raises(UnreadableError) as error:
        read(tmp_path, FILES[0])
    assert str(error.value.args[0]) == f"solutions/{FILES[0]}:1: the file is missing"


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    build(tmp_path, {FILES[0]: IN_TEXT[0]})
    (tmp_path / "katas" / FILES[0]).write_text("def test_a_value(:\n", encoding="utf-8")

    with pytest.raises(UnreadableError) as error:
        read(tmp_path, FILES[0])
    assert str(error.value.args[0]).startswith(f"katas/{FILES[0]}:1: no Python: ")


def test_a_chapter_that_the_curriculum_does_not_have_is_refused() -> None:
    texts = IN_TEXT[0].texts()
    pair = Pair("test_36_query.py", compare(texts["katas"], texts["solutions"]))

    assert [str(problem) for problem in check_form.chapter_form(pair)] == [
        "katas/test_36_query.py:1: the curriculum has no chapter of this name"
    ]
