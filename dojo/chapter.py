"""A chapter and its solution, side by side: which answer belongs into which hole.

The two have the same text, but for the holes and the notes (see `dojo.solution`). They are
compared function by function, so that no answer is taken to reach beyond its own.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dojo.hole import HOLE
from dojo.outline import Block, outline
from dojo.solution import Note, Solution, take_apart

_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Hole:
    """A place that a chapter leaves open, and what its solution has there."""

    line: int
    column: int
    """Counted from 0; lines are counted from 1."""
    katas: tuple[str, ...]
    """The tests that need it: the one it stands in, or those that use its function."""
    answer: str
    answer_line: int
    note: Note | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter's text and its solution's."""

    source: str
    blocks: Mapping[str, Block]
    solution: Solution
    holes: tuple[Hole, ...]
    """Those in functions that are, but for their holes, what they are in the solution."""

    @property
    def katas(self) -> list[Block]:
        return [block for block in self.blocks.values() if block.is_test]


def compare(source: str, solved: str) -> Chapter:
    """Find the holes of a chapter, and their answers in its solution. Raises SyntaxError."""
    blocks = outline(source)
    solution = take_apart(solved)
    holes = [hole for block in blocks.values() for hole in _holes(block, solution)]
    return Chapter(source, blocks, solution, tuple(holes))


def marked_lines(text: str) -> list[str]:
    """The lines of a text, with a mark for each hole: what `pattern` is made from."""
    lines = text.splitlines(keepends=True)
    for number, column in reversed(_positions(text)):
        line = lines[number - 1]
        lines[number - 1] = line[:column] + _MARK + line[column + len(HOLE) :]
    return lines


def pattern(marked: Iterable[str]) -> re.Pattern[str]:
    """What a solution's text has to match: as it is, with one group for each hole."""
    parts = "".join(marked).split(_MARK)
    return re.compile("(.+?)".join(map(re.escape, parts)), re.DOTALL)


def _positions(text: str) -> list[tuple[int, int]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.start for token in tokens if token.type == tokenize.NAME and token.string == HOLE]


def _holes(block: Block, solution: Solution) -> Iterator[Hole]:
    solved = solution.blocks.get(block.name)
    found = solved and pattern(marked_lines(block.text)).fullmatch(solved.text)
    if not solved or not found:
        return
    for index, (line, column) in enumerate(_positions(block.text), start=1):
        answer_line = solved.text.count("\n", 0, found.start(index)) + solved.lines.start
        yield Hole(
            line + block.lines.start - 1,
            column,
            solution.needed_by[block.name],
            found[index],
            solution.number(answer_line),
            solution.note_at(answer_line),
        )
