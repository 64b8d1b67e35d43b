"""How an x-ray is set: source lines with their numbers, and steps indented below them."""

from collections.abc import Container, Iterator, Sequence
from textwrap import wrap

from dojo.xray.events import Statement
from dojo.xray.source import Row
from dojo.xray.sql import readable
from dojo.xray.steps import Step

_MARGIN = 8
_BELOW = 2
_WITHIN = 2
_HANGING = 4
_NOTE = len("connection 1 taken from the pool")
_WIDEST = 100


class Layout:
    """Sets rows of a file that has these `lines`, within `width` columns where that is possible."""

    def __init__(self, lines: Sequence[str], rows: Sequence[Row], width: int) -> None:
        self._lines = lines
        self._width = width
        self._notes = min(width, _WIDEST) - _NOTE
        self._outer = min(map(self._indent, rows), default=0)

    def source(self, row: Row, failed: Container[int]) -> Iterator[str]:
        """The lines of a row, with a mark where it failed."""
        if row.left_at:
            yield f"  {row.first:4}  {' ' * self._depth(row)}{title(row, self._lines)}"
            return
        for number in range(row.first, row.last + 1):
            mark = ">" if number in failed else " "
            yield f"{mark} {number:4}  {self._lines[number - 1][self._outer :]}".rstrip()

    def step(self, step: Step, row: Row | None) -> Iterator[str]:
        """The lines of a step, with those of the steps within."""
        yield from self._step(step, _MARGIN + (self._depth(row) + _BELOW if row else 0))

    def _step(self, step: Step, column: int) -> Iterator[str]:
        *lines, last = self._text(step, self._width - column)
        for line in lines:
            yield " " * column + line
        text = " " * column + last
        if not step.note:
            yield text
        elif len(text) + 2 + len(step.note) <= self._width:
            yield f"{text:{self._notes - 2}}  {step.note}"
        else:
            yield text
            yield " " * (column + _HANGING) + step.note
        for inner in step.steps:
            yield from self._step(inner, column + _WITHIN)

    def _text(self, step: Step, width: int) -> list[str]:
        actor = f"{step.actor}: " if step.actor else ""
        if isinstance(step.what, Statement):
            first, *others = readable(step.what, width - len(actor))
            return [actor + first, *others]
        return wrap(actor + step.what, width, subsequent_indent=" " * _HANGING)

    def _indent(self, row: Row) -> int:
        line = self._lines[row.first - 1]
        return len(line) - len(line.lstrip())

    def _depth(self, row: Row) -> int:
        return self._indent(row) - self._outer


def title(row: Row, lines: Sequence[str]) -> str:
    """A row in one line."""
    text = "".join(lines[row.first - 1 : row.first]).strip()  # a file may be gone
    return f"leaving {text}" if row.left_at else text
