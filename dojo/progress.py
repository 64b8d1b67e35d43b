"""How far a learner is: what each kata's reports add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

KATAS = "katas"
SOLUTIONS = "solutions"


def is_kata(nodeid: str) -> bool:
    return nodeid.startswith(f"{KATAS}/")


class State(Enum):
    """What a run showed of a kata. The value is its mark on the screen."""

    SOLVED = "."
    SKIPPED = "s"
    TO_DO = "_"
    WRONG = "F"


_FURTHEST_FIRST = list(State)


def chapter_name(path: str) -> str:
    """`06 identity map`, from `katas/test_06_identity_map.py`."""
    return path.rpartition("/")[2].removeprefix("test_").removesuffix(".py").replace("_", " ")


def solution_of(path: str) -> str:
    """The file that has a chapter solved."""
    return SOLUTIONS + path.removeprefix(KATAS)


@dataclass(frozen=True, slots=True, order=True)
class Kata:
    """Where a kata stands. Sorts as the curriculum does: by file, then by line."""

    path: str
    """Relative to the root directory, with forward slashes."""
    line: int
    """The line of its `def`, counted from 1."""
    name: str

    @property
    def sentence(self) -> str:
        """What the kata says, from its name."""
        return self.name.removeprefix("test_").replace("_", " ")

    @property
    def nodeid(self) -> str:
        return f"{self.path}::{self.name}"

    @property
    def solution(self) -> str:
        """The file that has it solved."""
        return solution_of(self.path)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run showed of one kata."""

    state: State
    line: int | None = None
    """Where to edit: the line of the open hole, or the one at which a wrong attempt failed."""


def worse(one: Result, other: Result) -> Result:
    """The result that has more left to do; of two alike, the first."""
    return max(one, other, key=lambda result: _FURTHEST_FIRST.index(result.state))


def chapters(results: Mapping[Kata, Result]) -> Iterable[tuple[str, list[State]]]:
    """Each chapter's path, and the states of its katas, both in the order of the curriculum."""
    for path, katas in groupby(sorted(results), key=lambda kata: kata.path):
        yield path, [results[kata].state for kata in katas]


def counts(results: Mapping[Kata, Result]) -> dict[str, dict[str, int]]:
    """How many katas of each chapter are in which state, for whoever teaches a class."""
    return {
        chapter_name(path): {state.name.lower(): states.count(state) for state in State}
        for path, states in chapters(results)
    }


def next_kata(results: Mapping[Kata, Result]) -> Kata | None:
    """The kata to work on: the first wrong attempt, or else the first open hole."""
    for state in (State.WRONG, State.TO_DO):
        for kata in sorted(results):
            if results[kata].state is state:
                return kata
    return None
