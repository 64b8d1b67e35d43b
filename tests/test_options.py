"""All of pytest's own options go on working, at 80 columns."""

from pathlib import Path

import pytest

from tests.practice import Practice

IDENTITY_MAP = "06_identity_map"
CASCADES = "23_cascades"
FIRST = "test_two_queries_for_one_row_return_one_object"


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    """One kata solved, one wrong, the others open."""
    practice = Practice(tmp_path, IDENTITY_MAP, CASCADES)
    practice.fill(IDENTITY_MAP, FIRST, '"Countess of Lovelace"')
    practice.fill(CASCADES, "test_what_taking_out_of_a_list_means", '"DELETE"')
    return practice


@pytest.mark.parametrize(
    "options",
    [
        *("-q", "-v", "-vv", "-s", "-rA", "--ff", "--tb=no", "--tb=short", "--tb=line", "-n 2"),
        *("-p no:randomly", "-p no:cacheprovider"),
    ],
)
def test_the_counts_are_the_same(practice: Practice, options: str) -> None:
    screen = practice.run("katas/", *options.split())

    assert screen.status == pytest.ExitCode.TESTS_FAILED
    assert screen.section("katas") == [
        "06 identity map  ._______  1 of 8",
        "23 cascades      _____F__  0 of 8",
    ]
    assert screen.section("next")[1] == "what taking out of a list means"
    assert "1 failed, 1 passed, 14 to do" in screen.lines[-1]


def test_verbose_names_every_kata(practice: Practice) -> None:
    screen = practice.run("katas/", "-v")

    assert f"katas/test_06_identity_map.py::{FIRST} PASSED" in screen.text
    assert screen.text.count(" TO DO ") == 14


@pytest.mark.parametrize("option", ["-x", "--sw"])
def test_up_to_the_first_that_is_not_solved(practice: Practice, option: str) -> None:
    screen = practice.run("katas/", option)

    assert screen.section("katas") == ["06 identity map  ._  1 of 2"]
    assert screen.section("next")[1] == "each session has objects of its own"


def test_only_what_failed_last(practice: Practice) -> None:
    practice.run("katas/")

    screen = practice.run("katas/", "--lf")

    assert screen.section("katas") == [
        "06 identity map  _______   0 of 7",
        "23 cascades      _____F__  0 of 8",
    ]


def test_one_kata_by_a_part_of_its_name(practice: Practice) -> None:
    screen = practice.run("katas/", "-k", "taking_out")

    assert screen.section("katas") == ["23 cascades  F  0 of 1"]


def test_one_kata_as_an_editor_names_it(practice: Practice) -> None:
    screen = practice.run(f"katas/test_06_identity_map.py::{FIRST}")

    assert screen.status == pytest.ExitCode.OK
    assert screen.section("katas") == ["06 identity map  .  1 of 1"]


@pytest.mark.parametrize("options", [("--collect-only",), ("--co", "-q")])
def test_a_list_of_katas(practice: Practice, options: tuple[str, ...]) -> None:
    screen = practice.run("katas/", *options)

    assert screen.status == pytest.ExitCode.OK
    assert screen.text.count("test_") >= 16
    assert screen.section("katas") == []


def test_a_debugger_at_the_failure(practice: Practice) -> None:
    screen = practice.run("katas/", "--pdb", "-k", "taking_out", stdin="p 6 * 7\nq\n")

    assert "(Pdb) 42" in screen.text


def test_junit_has_every_kata(practice: Practice) -> None:
    practice.run("katas/", "--junitxml=junit.xml")

    text = (practice.root / "junit.xml").read_text(encoding="utf-8")
    assert text.count("<testcase") == 16
    assert text.count("the hole is open") >= 14


def test_no_colour_unless_there_is_a_terminal(practice: Practice) -> None:
    assert "\x1b[" not in practice.run("katas/").text
    assert "\x1b[31m23 cascades" in practice.run("katas/", "--color=yes").text


def test_a_narrow_terminal(practice: Practice) -> None:
    screen = practice.run("katas/", "--tb=no", COLUMNS="50")

    assert max(map(len, screen.section("next") + screen.section("katas"))) <= 50
