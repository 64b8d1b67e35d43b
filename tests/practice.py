"""A learner's copy of the project, and what they see when they run pytest in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dojo.chapter import compare
from tests.nested import ROOT


@dataclass(frozen=True, slots=True)
class Screen:
    """What a run has printed, and its exit status."""

    status: int
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def section(self, title: str) -> list[str]:
        """The lines below a title such as `==== next ====`, up to the next one."""
        rule = [number for number, line in enumerate(self.lines) if _title(line) is not None]
        for start, stop in zip(rule, [*rule[1:], len(self.lines)], strict=False):
            if _title(self.lines[start]) == title:
                return self.lines[start + 1 : stop]
        return []


def _title(line: str) -> str | None:
    if line[:3] not in ("===", "---", "___") or line[-3:] != line[:3] or " " not in line:
        return None
    return line.strip(line[0] + " ")


class Practice:
    """A copy with some of the chapters, in a folder whose name is not an easy one."""

    def __init__(self, parent: Path, *chapters: str) -> None:
        self.root = parent / "müde Katzen, 2 Stück"
        for folder in ("dojo", "katas", "solutions"):
            (self.root / folder).mkdir(parents=True)
            for file in self._files(folder, chapters):
                target = self.root / file.relative_to(ROOT)
                target.parent.mkdir(exist_ok=True)
                shutil.copy(file, target)
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root)

    def _files(self, folder: str, chapters: Iterable[str]) -> Iterable[Path]:
        if folder == "dojo":
            return (ROOT / folder).rglob("*.py")
        named = [ROOT / folder / f"test_{chapter}.py" for chapter in chapters]
        return [*named, *(ROOT / folder).glob("models.py")]

    def run(
        self, *arguments: str, before: Iterable[str] = (), stdin: str = "", **environment: str
    ) -> Screen:
        """Run `pytest` with these arguments, as a terminal of 80 columns shows it.

        Before it may stand a command that runs commands.
        """
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        done = subprocess.run(
            [*before, sys.executable, "-m", "pytest", *arguments],
            cwd=self.root,
            env=inherited | {"COLUMNS": "80", "PYTHONUTF8": "1"} | environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Screen(done.returncode, done.stdout + done.stderr)

    def path(self, chapter: str, folder: str = "katas") -> Path:
        return self.root / folder / f"test_{chapter}.py"

    def replace(self, chapter: str, old: str, new: str, count: int = 1) -> None:
        """Edit a chapter as a learner would. The text to be replaced has to be there."""
        path = self.path(chapter)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    def fill(self, chapter: str, kata: str, answer: str) -> None:
        """Write an answer into a kata's first open hole."""
        path = self.path(chapter)
        text = path.read_text(encoding="utf-8")
        start = text.index("___", text.index(f"def {kata}("))
        indent = " " * (start - text.rindex("\n", 0, start) - 1)
        answer = answer.replace("\n", "\n" + indent)
        path.write_text(text[:start] + answer + text[start + len("___") :], encoding="utf-8")

    def solve(self, chapter: str) -> None:
        """Write the solution's answers into all holes of a chapter."""
        solved = self.path(chapter, "solutions").read_text(encoding="utf-8")
        code = compare(self.path(chapter).read_text(encoding="utf-8"), solved).solution.code
        self.path(chapter).write_text(code, encoding="utf-8")
