"""A chapter and its solution, as the self-check sees them: two files that belong together."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dojo.chapter import Chapter, Hole, compare
from dojo.hole import HOLE
from dojo.progress import chapter_name

FOLDERS = ("katas", "solutions")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and where. Written as editors can follow it: `path:line: text`."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two files of a chapter, which have the same name."""

    file: str
    chapter: Chapter

    @property
    def title(self) -> str:
        """The chapter as the report calls it."""
        return chapter_name(self.path)

    @property
    def path(self) -> str:
        return f"katas/{self.file}"

    @property
    def solution_path(self) -> str:
        return f"solutions/{self.file}"

    @property
    def attempts(self) -> str:
        """The folder in which attempts at its katas are put to be run."""
        return f"attempts/{self.file.removesuffix('.py')}"

    def in_kata(self, line: int, text: str) -> Problem:
        return Problem(self.path, line, text)

    def in_solution(self, line: int, text: str) -> Problem:
        return Problem(self.solution_path, line, text)

    def filled(self, answers: Mapping[Hole, str]) -> str:
        """The chapter's text with these holes filled."""
        lines = self.chapter.source.splitlines(keepends=True)
        for hole in reversed(self.chapter.holes):
            if hole in answers:
                line = lines[hole.line - 1]
                rest = line[hole.column + len(HOLE) :]
                lines[hole.line - 1] = line[: hole.column] + answers[hole] + rest
        return "".join(lines)


class UnreadableError(Exception):
    """A pair has a file that is missing, or that is no Python. Its arguments are the problems."""


def files(root: Path) -> list[str]:
    """The names of all chapters, whichever of the two folders they are in."""
    return sorted({path.name for folder in FOLDERS for path in (root / folder).glob("test_*.py")})


def read(root: Path, file: str) -> Pair:
    """Read both files of a chapter. Raises UnreadableError."""
    if problems := list(_unreadable(root, file)):
        raise UnreadableError(*problems)
    source, solved = ((root / folder / file).read_text(encoding="utf-8") for folder in FOLDERS)
    return Pair(file, compare(source, solved))


def _unreadable(root: Path, file: str) -> Iterator[Problem]:
    for folder in FOLDERS:
        try:
            ast.parse((root / folder / file).read_text(encoding="utf-8"))
        except FileNotFoundError:
            yield Problem(f"{folder}/{file}", 1, "the file is missing")
        except SyntaxError as error:
            yield Problem(f"{folder}/{file}", error.lineno or 1, f"no Python: {error.msg}")
