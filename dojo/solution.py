"""A solution's notes: what its comments say of the places that the kata leaves open.

They stand directly above the statement that holds the hole:

    # hint: Where to look.
    # hint: Which rule decides.
    # wrong: session.flush() -- what is wrong with it
    # wrong: with session.no_autoflush: -- an answer of several lines goes on below
    #            session.add(ada)
    #        session.flush()
    # why: What the answer rests on. Whatever is too long for one line
    # why: goes on in the next.
    session.refresh(ada)

A wrong answer is what somebody would write into the hole. Its reason follows the first ` -- `.
Its further lines begin in the column of the first one, or right of it: that is the indentation
of the code. A hint is one line.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dojo.outline import Block, dependents, lines_of, outline, statement_at

_FIRST = re.compile(r"# (hint|wrong|why): (.+)")
_FURTHER = re.compile(r"#        ( *\S.*)")


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """What somebody with the usual false belief writes into the hole."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """All that is said of one hole."""

    line: int
    """The line of the statement, directly below the comments."""
    katas: tuple[str, ...]
    """The tests that it is for: the one it stands in, or those that use its function."""
    hints: tuple[str, ...]
    wrong: tuple[WrongAnswer, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution, taken apart into code and notes."""

    code: str
    """Its text without the notes."""
    numbers: tuple[int, ...]
    """For each line of the code, and for its end, the line of the file. Both count from 1."""
    blocks: Mapping[str, Block]
    """The functions of the code."""
    needed_by: Mapping[str, tuple[str, ...]]
    """For each function the tests that need it."""
    notes: tuple[Note, ...]

    def number(self, line: int) -> int:
        """The line of the file that is this line of the code."""
        return self.numbers[line - 1]

    def note_at(self, line: int) -> Note | None:
        """The note on the statement that this line of the code is a part of."""
        statement = statement_at(ast.parse(self.code), line)
        number = self.number(lines_of(statement).start) if statement else None
        return next((note for note in self.notes if note.line == number), None)


@dataclass(slots=True)
class _Comment:
    line: int
    kind: str
    lines: list[str]


def take_apart(source: str) -> Solution:
    """Separate the notes of a solution from its code. Raises SyntaxError."""
    code: list[str] = []
    numbers: list[int] = []
    groups: dict[int, list[_Comment]] = {}
    group: list[_Comment] = []
    comments = dict(_comments(source))
    for number, line in enumerate([*source.splitlines(keepends=True), ""], start=1):
        comment = comments.get(number, "")
        if first := _FIRST.fullmatch(comment):
            group.append(_Comment(number, first[1], [first[2]]))
        elif group and group[-1].kind == "wrong" and (further := _FURTHER.fullmatch(comment)):
            group[-1].lines.append(further[1])
        else:
            code.append(line)
            numbers.append(number)
            if group:
                groups[len(code)] = group
                group = []
    text = "".join(code)
    blocks = outline(text)
    needed_by = dependents(blocks)
    tests = {line: needed_by[name] for name, block in blocks.items() for line in block.lines}
    notes = [_note(numbers[at - 1], tests.get(at, ()), group) for at, group in groups.items()]
    return Solution(text, tuple(numbers), blocks, needed_by, tuple(notes))


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """The comments that have a line to themselves, by line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line, column = token.start
        if token.type == tokenize.COMMENT and not token.line[:column].strip():
            yield line, token.string


def _note(line: int, katas: tuple[str, ...], group: Sequence[_Comment]) -> Note:
    return Note(
        line,
        katas,
        hints=tuple(comment.lines[0] for comment in group if comment.kind == "hint"),
        wrong=tuple(_wrong_answer(comment) for comment in group if comment.kind == "wrong"),
        why=" ".join(comment.lines[0] for comment in group if comment.kind == "why"),
    )


def _wrong_answer(comment: _Comment) -> WrongAnswer:
    first, _, reason = comment.lines[0].partition(" -- ")
    return WrongAnswer(comment.line, "\n".join([first, *comment.lines[1:]]), reason)
