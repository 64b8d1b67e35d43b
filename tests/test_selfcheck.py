"""Every chapter and its solution keep the contract that .github/CONTRIBUTING.md states."""

import os
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain

import pytest

from tests import check_form, check_notes, check_runs, check_text
from tests.attempts import run_attempts, run_in_parallel, run_orders
from tests.nested import ROOT
from tests.outcome import Run
from tests.pair import Pair, Problem, UnreadableError, files, read


@pytest.fixture(scope="session")
def readable(request: pytest.FixtureRequest) -> dict[str, Pair]:
    """The chapters that this run is about: with `-k 06` it is one."""
    nodeids = [item.nodeid for item in request.session.items]
    pairs: dict[str, Pair] = {}
    for file in files(ROOT):
        if any(f"[{file}]" in nodeid for nodeid in nodeids):
            with suppress(UnreadableError):
                pairs[file] = read(ROOT, file)
    return pairs


@pytest.fixture(params=files(ROOT))
def pair(request: pytest.FixtureRequest, readable: dict[str, Pair]) -> Pair:
    try:
        return readable.get(request.param) or read(ROOT, request.param)
    except UnreadableError as error:
        pytest.fail("\n".join(map(str, error.args)), pytrace=False)


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config) -> list[str]:
    """The options that make another run use the same server as this one, if it does use one."""
    url = pytestconfig.getoption("dburi")
    return [f"--dburi={url}"] if url else []


@pytest.fixture(scope="session")
def attempts(
    readable: dict[str, Pair], database: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    folder = tmp_path_factory.mktemp("attempts")
    return run_attempts(ROOT, readable.values(), folder, *database)


@pytest.fixture(scope="session")
def orders(
    readable: dict[str, Pair], database: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    if database:
        pytest.skip("forks of a process cannot share its connection to the server")
    return run_orders(ROOT, readable.values(), tmp_path_factory.mktemp("orders"))


@pytest.fixture(scope="session")
def in_parallel(
    readable: dict[str, Pair], database: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    pytest.importorskip("xdist")
    folder = tmp_path_factory.mktemp("parallel")
    return run_in_parallel(ROOT, readable.values(), folder, *database)


def fail_for(*found: Iterable[Problem]) -> None:
    """Fail with all problems, a line each, if there are any."""
    if lines := [str(problem) for problem in sorted(chain(*found))]:
        pytest.fail("\n".join(lines), pytrace=False)


def test_a_kata_and_its_solution_differ_only_at_holes(pair: Pair) -> None:
    fail_for(*(check(pair) for check in check_text.CHECKS))


def test_every_hole_has_hints_wrong_answers_and_a_reason(pair: Pair) -> None:
    fail_for(*(check(pair) for check in check_notes.CHECKS))


def test_a_chapter_can_be_taken_in(pair: Pair) -> None:
    fail_for(*(check(pair) for check in check_form.CHECKS))


def test_unsolved_or_wrongly_solved_it_fails(pair: Pair, attempts: Run) -> None:
    fail_for(*(check(pair, attempts) for check in check_runs.ATTEMPTS))
    if skipped := check_runs.skipped(pair, attempts):
        reasons = "; ".join(sorted(set(skipped.values())))
        pytest.skip(f"{len(skipped)} of {len(pair.chapter.katas)} katas not checked: {reasons}")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork(), to begin again and again")
def test_solved_it_passes_alone_and_in_any_order(pair: Pair, orders: Run) -> None:
    fail_for(*(check(pair, orders) for check in check_runs.ORDERS))


def test_solved_it_passes_in_parallel(pair: Pair, in_parallel: Run) -> None:
    fail_for(*(check(pair, in_parallel) for check in check_runs.ORDERS))
