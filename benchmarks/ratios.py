"""The ratios, and the limits that they are kept under."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

Times = Mapping[str, float]
"""Seconds of one round, by the name of the command."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure, and what it must not exceed."""

    number: str
    title: str
    limit: float
    of: Callable[[Times], float]

    def line(self, rounds: Sequence[Times]) -> str:
        """Its median over all rounds, the middle half of them, and whether the limit is met."""
        ratios = [self.of(times) for times in rounds]
        middle = median(ratios)
        low, _, high = quantiles(ratios) if len(ratios) > 1 else [middle] * 3
        verdict = "met" if middle <= self.limit else "MISSED"
        return (
            f"{self.number:2} {self.title:58} {middle:5.2f}  {low:5.2f} - {high:5.2f}"
            f"  {self.limit:5.2f}  {verdict}"
        )


HEADER = f"{'':2} {'':58} {'ratio':>5}  {'middle half':>13}  {'limit':>5}"


def _growth(times: Times) -> float:
    """What a further kata costs among eight times as many, against among twice as many."""
    many = (times["solved x8"] - times["solved x4"]) / 4
    few = times["solved x2"] - times["solved x1"]
    return many / few


FRESH = Ratio(
    "1", "a fresh database : the usual recipe", 0.5, lambda t: t["test_fresh"] / t["test_recipe"]
)
COMMANDS = (
    Ratio(
        "2", "pytest solutions/ : as many empty tests", 3, lambda t: t["solutions"] / t["passing"]
    ),
    Ratio(
        "3", "pytest katas/ untouched : as many empty tests", 2, lambda t: t["katas"] / t["passing"]
    ),
    Ratio(
        "3b",
        "a suite of open holes : a suite of empty tests",
        1,
        lambda t: t["holes"] / t["passing"],
    ),
    Ratio(
        "4",
        "one chapter : import pytest, sqlalchemy.orm",
        1.5,
        lambda t: t["chapter"] / t["imports"],
    ),
    Ratio(
        "5", "pytest solutions/ : without the x-ray", 1.1, lambda t: t["solutions"] / t["no x-ray"]
    ),
    Ratio("5b", "one kata more at 8 times the katas : at 2 times", 1.1, _growth),
)
FRESH_POSTGRESQL = Ratio(
    "6",
    "a fresh state of PostgreSQL : create_all in a new schema",
    0.15,
    lambda t: t["test_fresh"] / t["test_recipe"],
)
