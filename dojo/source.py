"""The source of one test, cut into statements: the rows of its x-ray."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from dojo.events import Line

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_WITH = ast.With | ast.AsyncWith


@dataclass(frozen=True, slots=True)
class Row:
    """A statement, or the head of one that contains others."""

    first: int
    last: int
    place: tuple[int, int]
    """For sorting. A `with` is left after the last line of its body, the inner one first."""
    leaves: bool = False
    """Whether this is the end of a `with`: the same lines as its head, met again."""
    binds: frozenset[str] = frozenset()
    """The variables that it assigns to."""


def rows_of(text: str, first: int) -> list[Row]:
    """The rows of the function whose `def`, or first decorator, is in line `first`.

    The `def` is the first row. Comments, blank lines and the docstring are in none.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Function) and _start(node) == first:
            rows = [_head(node), *_inside(node)]
            return sorted([*rows, *_others(node, rows, text)], key=attrgetter("place"))
    return []


def row_of(line: Line, rows: Sequence[Row]) -> Row | None:
    """The row to which a line belongs while it runs."""
    found = [row for row in rows if row.first <= line.number <= row.last]
    leaving = [row for row in found if row.leaves and line.reached > row.last]
    return next(iter(leaving or found), None)


def _inside(parent: ast.AST) -> Iterator[Row]:
    for node in ast.iter_child_nodes(parent):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            ...


def _start(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(decorator.lineno for decorator in decorators), node.lineno)
