"""Copies of the project to run pytest in, and suites made up to compare it with."""

import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from benchmarks.processes import Command
from tests.nested import ROOT, copy_house

CHAPTER = "katas/test_06_identity_map.py"

_TEST = re.compile(r"^(?:async )?def test_", re.MULTILINE)
_HYPOTHESIS = "test_35_*.py"

PYTEST = (sys.executable, "-m", "pytest", "-p", "randomly")
_WHOLE = (*PYTEST, *(("-p", "anyio") if find_spec("anyio") else ()))
"""For runs with all chapters: the asyncio one needs anyio's plugin."""


def commands(scratch: Path) -> dict[str, Command]:
    """What is to be measured, by name."""
    plain = _house(scratch / "plain")
    chapters = _texts(plain / "solutions")
    passing = _house(scratch / "passing", _made_up(chapters, "pass"))
    holes = _house(scratch / "holes", _made_up(chapters, "___"))
    run_katas = (*_WHOLE, "katas/")
    return {
        "imports": Command((sys.executable, "-c", "import pytest, sqlalchemy.orm"), scratch),
        "chapter": Command((*PYTEST, CHAPTER), plain, status=1),
        "katas": Command(run_katas, plain, status=1),
        "solutions": Command((*_WHOLE, "solutions/"), plain),
        "no x-ray": Command((*_WHOLE, "solutions/", "-p", "no:x-ray"), plain),
        "passing": Command(run_katas, passing),
        "holes": Command(run_katas, holes, status=1),
        **{
            f"solved x{times}": Command(
                run_katas, _house(scratch / f"x{times}", _several(chapters, times))
            )
            for times in (1, 2, 4, 8)
        },
    }


def database_tests(scratch: Path, times: Path, *options: str) -> Command:
    """A run of `benchmarks.databases`, which writes what each test took to a file."""
    house = scratch / "plain"
    shutil.copytree(ROOT / "benchmarks", house / "benchmarks", dirs_exist_ok=True)
    watch = ("-p", "benchmarks.stopwatch", f"--times={times}", "-p", "no:x-ray")
    return Command((*PYTEST, "benchmarks/databases.py", *watch, *options), house)


def _house(target: Path, chapters: Mapping[str, str] | None = None) -> Path:
    """A copy of the project, with these chapters if any are given: solved from the start."""
    copy_house(ROOT, target)
    for folder in (target / "katas", target / "solutions"):
        _delete(folder.glob("test_*.py" if chapters else _HYPOTHESIS))
        for name, text in (chapters or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
    return target


def _delete(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink()


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("test_*.py")}


def _made_up(chapters: Mapping[str, str], body: str) -> dict[str, str]:
    """As many tests in as many chapters, all with this body."""
    return {
        name: "".join(f"def test_{n}():\n    {body}\n" for n, _ in enumerate(_TEST.findall(text)))
        for name, text in chapters.items()
    }


def _several(chapters: Mapping[str, str], times: int) -> dict[str, str]:
    """Each chapter several times over."""
    return {
        f"{name.removesuffix('.py')}_{number}.py": text
        for name, text in chapters.items()
        for number in range(times)
    }
