"""The learner's loop, read off the screen: what to do, what was wrong, what is done."""

import json
from pathlib import Path

import pytest

from tests.practice import Practice

IDENTITY_MAP = "06_identity_map"
CASCADES = "23_cascades"
FIRST = "test_two_queries_for_one_row_return_one_object"
SECOND = "test_each_session_has_objects_of_its_own"


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path, IDENTITY_MAP, CASCADES)


def test_the_first_screen_names_one_kata_and_has_no_traceback(practice: Practice) -> None:
    screen = practice.run("katas/")

    assert screen.status == pytest.ExitCode.TESTS_FAILED
    assert len(screen.lines) <= 60
    assert "Traceback" not in screen.text
    assert "Error" not in screen.text
    assert screen.section("katas") == [
        "06 identity map  ________  0 of 8",
        "23 cascades      ________  0 of 8",
    ]
    path, sentence, *source = screen.section("next")
    assert path == "katas/test_06_identity_map.py:22"
    assert sentence == "two queries for one row return one object"
    assert source[-1] == ">   22      assert by_key.fullname == ___"
    assert "16 to do" in screen.lines[-1]


def test_a_right_answer_is_told_once_and_the_next_kata_is_named(practice: Practice) -> None:
    practice.run("katas/")
    practice.fill(IDENTITY_MAP, FIRST, '"Countess of Lovelace"')

    screen = practice.run("katas/")

    assert screen.section("katas")[0] == "06 identity map  ._______  1 of 8"
    solved = screen.section("solved")
    assert solved[0] == "two queries for one row return one object"
    assert "by_key is" in solved[1]
    assert solved[-1].strip().startswith("solutions/test_06_identity_map.py:")
    assert screen.section("next")[1] == "each session has objects of its own"
    assert screen.text.index(" solved ===") < screen.text.index(" next ===")
    assert practice.run("katas/").section("solved") == []


def test_a_wrong_answer_shows_why_in_about_twenty_lines(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, '"Ada Lovelace"')

    screen = practice.run("katas/")

    failure = [*screen.section(FIRST), *screen.section("why not"), *screen.section("x-ray")]
    assert "E   AssertionError: assert 'Countess of Lovelace' == 'Ada Lovelace'" in failure
    assert screen.section("why not")[0].startswith("that would take a second copy of the row")
    assert len(failure) <= 25
    assert "site-packages" not in screen.text
    assert screen.section("katas")[0] == "06 identity map  F_______  0 of 8"
    assert screen.section("next") == [
        "katas/test_06_identity_map.py:22",
        "two queries for one row return one object",
    ]


@pytest.mark.parametrize("spelling", ["('Ada Lovelace')", "(  'Ada ' 'Lovelace')"])
def test_a_wrong_answer_is_known_however_it_is_spelt(practice: Practice, spelling: str) -> None:
    practice.fill(IDENTITY_MAP, FIRST, spelling)

    assert practice.run("katas/").section("why not")


def test_an_answer_that_nobody_foresaw_has_no_reason(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, "42")

    screen = practice.run("katas/")

    assert screen.section("why not") == []
    assert "E   AssertionError: assert 'Countess of Lovelace' == 42" in screen.text


def test_each_time_one_hint_more(practice: Practice) -> None:
    hints = [practice.run("katas/", "--hint").section("hint") for _ in range(3)]

    assert [_numbers(lines) for lines in hints] == [["1"], ["1", "2"], ["1", "2"]]
    assert [lines[-1] for lines in hints] == [
        "(1 more: ask again)",
        "(that is all: --solution tells the rest)",
        "(that is all: --solution tells the rest)",
    ]


def _numbers(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines[1:] if line[3:4].isdigit()]


def test_a_hint_for_a_kata_that_is_named(practice: Practice) -> None:
    screen = practice.run(f"katas/test_{IDENTITY_MAP}.py::{SECOND}", "--hint")

    assert screen.section("hint")[0].endswith("each session has objects of its own")
    assert "Who made the objects?" in "".join(screen.section("hint"))


def test_without_a_cache_the_hints_are_still_there(practice: Practice) -> None:
    screen = practice.run("katas/", "--hint", "-p", "no:cacheprovider")

    assert _numbers(screen.section("hint")) == ["1", "2"]


def test_the_solutions_of_what_is_solved_and_of_nothing_else(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, "by_name.fullname")

    text = "\n".join(practice.run("katas/", "--solution").section("solutions"))

    assert "yours         assert by_key.fullname == by_name.fullname" in text
    assert 'solution      assert by_key.fullname == "Countess of Lovelace"' in text
    assert "why       Both queries found row 1" in text
    assert 'not       "Ada Lovelace" -- that would take a second copy' in text
    assert "15 not solved yet" in text
    assert "theirs" not in text


def test_the_solution_of_an_unsolved_kata_for_whoever_names_it(practice: Practice) -> None:
    screen = practice.run(f"katas/test_{IDENTITY_MAP}.py::{SECOND}", "--solution")

    text = "\n".join(screen.section("solutions"))
    assert "yours         assert len({mine, mine_again, theirs}) == ___" in text
    assert "solution      assert len({mine, mine_again, theirs}) == 2" in text


def test_a_hole_in_a_fixture_is_shown_where_it_is(tmp_path: Path) -> None:
    practice = Practice(tmp_path, "32_tests_of_your_own")

    screen = practice.run("katas/", "-k", "test_an_application_that_commits")

    path, sentence, *source = screen.section("next")
    assert sentence == "an application that commits"
    assert source[2].endswith(
        "def app_session(engine: Engine, untouched: None) -> Iterator[Session]:"
    )
    assert source[-1].startswith(">")
    assert path.endswith(f":{source[-1].split()[1]}")


def test_when_all_is_solved(practice: Practice) -> None:
    practice.solve(IDENTITY_MAP)
    practice.solve(CASCADES)

    screen = practice.run("katas/", "--katas-json=progress.json", "--junitxml=junit.xml")

    assert screen.status == pytest.ExitCode.OK
    assert screen.section("next") == []
    assert screen.section("done")[0].startswith("All 16 solved.")
    assert screen.section("katas")[1] == "23 cascades      ........  8 of 8"
    counts = json.loads((practice.root / "progress.json").read_text())
    assert counts["23 cascades"] == {"solved": 8, "skipped": 0, "to_do": 0, "wrong": 0}
    assert "<testcase" in (practice.root / "junit.xml").read_text()
