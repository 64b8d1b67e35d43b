"""How far a learner is: what each kata's reports add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

KATAS = "katas"
SOLUTIONS = "solutions"


class State(Enum):
    """What a run showed of a kata. The value is its mark on the screen."""

    SOLVED = "."
    SKIPPED = "s"
    TO_DO = "_"
    WRONG = "F"


_FURTHEST_FIRST = list(State)


@dataclass(frozen=True, slots=True, order=True)
class Kata:
    """Where a kata stands. Sorts as the curriculum does: by file, then by line."""

    path: str
    """Relative to the root directory, with forward slashes."""
    line: int
    """The line of its `def`, counted from 1."""
    name: str

    @property
    def chapter(self) -> str:
        """`06 identity map`, from `katas/test_06_identity_map.py`."""
        file = self.path.rpartition("/")[2]
        return file.removeprefix("test_").removesuffix(".py").replace("_", " ")

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
        return SOLUTIONS + self.path.removeprefix(KATAS)


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
    """Each chapter, and the states of its katas, both in the order of the curriculum."""
    for chapter, katas in groupby(sorted(results), key=lambda kata: kata.chapter):
        yield chapter, [results[kata].state for kata in katas]


def next_kata(results: Mapping[Kata, Result]) -> Kata | None:
    """The kata to work on: the first wrong attempt, or else the first open hole."""
    for state in (State.WRONG, State.TO_DO):
        for kata in sorted(results):
            if results[kata].state is state:
                return kata
    return None
