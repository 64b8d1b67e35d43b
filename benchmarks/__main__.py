"""Measures, and says which limits are met. A round takes a minute or two."""

import argparse
import json
import platform
import random
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.houses import commands, database_tests
from benchmarks.processes import Command, CommandError, Cost
from benchmarks.ratios import COMMANDS, FRESH, FRESH_POSTGRESQL, HEADER, Times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run (5)")
    parser.add_argument(
        "--processor",
        action="store_true",
        help="count the processor's time, not the clock's, on a busy machine (not for 1 and 6)",
    )
    options = parser.parse_args()
    try:
        with TemporaryDirectory() as scratch:
            measure(Path(scratch), options.rounds, "processor" if options.processor else "elapsed")
    except CommandError as error:
        sys.exit(f"{error}\n\nThis should not have happened, so its time says nothing.")


def measure(scratch: Path, number: int, unit: str) -> None:
    """Print all ratios, and how much memory was needed. Raises CommandError."""
    packages = (f"{name} {version(name)}" for name in ("sqlalchemy", "pytest"))
    print(f"Python {platform.python_version()}", *packages, sep=", ")
    print(HEADER)
    costs = list(rounds(commands(scratch), number))
    print(FRESH.line(database_rounds(scratch, number)))
    times = [{name: getattr(cost, unit) for name, cost in round_.items()} for round_ in costs]
    for ratio in COMMANDS:
        print(ratio.line(times))
    try:
        print(FRESH_POSTGRESQL.line(database_rounds(scratch, number, "--postgres")))
    except CommandError as error:
        print(f"{FRESH_POSTGRESQL.number}  not measured: {str(error).splitlines()[-1]}")
    for name in ("imports", "solutions", "solved x1", "solved x8"):
        peak = median(round_[name].memory for round_ in costs) / 1024
        print(f"peak memory of {name}: {peak:.0f} MiB")


def rounds(measured: Mapping[str, Command], number: int) -> Iterator[dict[str, Cost]]:
    """The cost of each command, run once a round, in an order of its own.

    A round before the first one leaves bytecode behind, and warms up.
    """
    for turn in range(-1, number):
        costs = {name: measured[name].run() for name in random.sample([*measured], len(measured))}
        if turn >= 0:
            yield costs


def database_rounds(scratch: Path, number: int, *options: str) -> list[Times]:
    """The median seconds of a test with each of the two databases, run by run."""
    path = scratch / "times.json"
    found: list[Times] = []
    for _ in range(number):
        database_tests(scratch, path, *options).run()
        times: dict[str, list[float]] = json.loads(path.read_text(encoding="utf-8"))
        found.append({test: median(seconds) for test, seconds in times.items()})
    return found


if __name__ == "__main__":
    main()
