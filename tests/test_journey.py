"""The whole way through, by somebody who reads only the screen, and the answers of the solutions.

By default through two chapters. All of them take a quarter of an hour, as each answer is a run of
all the katas: `KATAS_JOURNEY=all pytest tests/test_journey.py -o faulthandler_timeout=0`.
"""

import ast
import os
import re
from itertools import count
from pathlib import Path

import pytest

from dojo.chapter import compare
from tests.nested import ROOT
from tests.practice import Practice, Screen

CHAPTERS = ["06_identity_map", "23_cascades"]
if os.environ.get("KATAS_JOURNEY") == "all":
    paths = sorted((ROOT / "katas").glob("test_*.py"))
    CHAPTERS = [path.stem.removeprefix("test_") for path in paths]


def test_from_the_first_kata_to_the_last(tmp_path: Path) -> None:
    practice = Practice(tmp_path, *CHAPTERS)
    for _ in count():
        screen = practice.run("katas/")
        assert "Traceback" not in screen.text
        solved, total = _counts(screen)
        assert (solved, total) == _complete(practice)
        if screen.status == pytest.ExitCode.OK:
            break
        assert screen.status == pytest.ExitCode.TESTS_FAILED
        _follow(practice, screen)

    assert solved + _skipped(screen) == total
    assert screen.section("done")


def _follow(practice: Practice, screen: Screen) -> None:
    """Do what the screen says is next: go to that line, and write the answer there."""
    path, _, number = screen.section("next")[0].rpartition(":")
    chapter = practice.root / path
    source = chapter.read_text(encoding="utf-8")
    solved = (practice.root / path.replace("katas/", "solutions/")).read_text(encoding="utf-8")
    hole = next(hole for hole in compare(source, solved).holes if hole.line == int(number))
    lines = source.splitlines(keepends=True)
    line = lines[hole.line - 1]
    lines[hole.line - 1] = line[: hole.column] + hole.answer + line[hole.column + len("___") :]
    chapter.write_text("".join(lines), encoding="utf-8")


def _counts(screen: Screen) -> tuple[int, int]:
    """How many katas are solved, and how many there are, summed up over the chapters."""
    numbers = [re.search(r"(\d+) of (\d+)", line) for line in screen.section("katas")]
    assert all(numbers)
    return sum(int(n[1]) for n in numbers if n), sum(int(n[2]) for n in numbers if n)


def _complete(practice: Practice) -> tuple[int, int]:
    """The same two numbers, counted in the files.

    A kata has the holes of its function, and of the functions and classes that are named there.
    """
    katas, open_katas = 0, 0
    for chapter in (practice.root / "katas").glob("test_*.py"):
        source = chapter.read_text(encoding="utf-8")
        texts = {
            node.name: ast.get_source_segment(source, node) or ""
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        holed = {name for name, text in texts.items() if "___" in text}
        for name, text in texts.items():
            if name.startswith("test_"):
                katas += 1
                open_katas += not holed.isdisjoint({name, *re.findall(r"\w+", text)})
    return katas - open_katas, katas


def _skipped(screen: Screen) -> int:
    skipped = re.search(r"(\d+) skipped", screen.lines[-1])
    return int(skipped[1]) if skipped else 0
