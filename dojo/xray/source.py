"""The source of one test, cut into statements: the rows of its x-ray."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from dojo.xray.events import Line

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Statement = ast.stmt | ast.ExceptHandler


@dataclass(frozen=True, slots=True)
class Row:
    """A statement, or the head of one that contains others."""

    first: int
    last: int
    binds: frozenset[str] = frozenset()
    """The variables that it assigns to."""
    left_at: int = 0
    """Of the end of a `with`, which meets the lines of its head again: where its body ends."""

    @property
    def order(self) -> tuple[int, bool, int]:
        """Sorts rows as they run: a `with` is left after its body, the inner one first."""
        return self.left_at or self.first, self.left_at > 0, -self.first


def rows_of(text: str, first: int) -> list[Row]:
    """The rows of the function whose `def`, or first decorator, is in line `first`.

    The `def` is the first row. Comments, blank lines and the docstring are in none.
    """
    lines = text.splitlines()
    for node in ast.walk(_parse(text)):
        if isinstance(node, _Function) and _start(node) == first:
            hidden = _docstring(node) | {n for n, line in enumerate(lines, 1) if _is_empty(line)}
            rows = list(_rows(node, hidden))
            covered = hidden.union(*(range(row.first, row.last + 1) for row in rows))
            rest = set(range(node.lineno, (node.end_lineno or first) + 1)) - covered
            rows += [Row(n, n) for n in rest]  # `else:` and `finally:` are no nodes
            return sorted(rows, key=attrgetter("order"))
    return []


def row_around(text: str, line: Line) -> Row | None:
    """The row to which a line belongs in whichever function of a module it is."""
    functions = [
        node
        for node in ast.walk(_parse(text))
        if isinstance(node, _Function) and node.lineno <= line.number <= (node.end_lineno or 0)
    ]
    innermost = max(map(_start, functions), default=0)
    return row_of(line, rows_of(text, innermost))


def row_of(line: Line, rows: Sequence[Row]) -> Row | None:
    """The row to which a line belongs while it runs."""
    found = [row for row in rows if row.first <= line.number <= row.last]
    leaving = [row for row in found if row.left_at and line.reached > row.last]
    return next(iter(leaving or found), None)


def _rows(function: ast.stmt, hidden: set[int]) -> Iterator[Row]:
    covered = set(hidden)
    for node in ast.walk(function):
        if not isinstance(node, _Statement) or node.lineno in covered:
            continue
        last = node.end_lineno or node.lineno
        if body := getattr(node, "body", None):
            last = max(node.lineno, _start(body[0]) - 1)
            while last in hidden:
                last -= 1
        row = Row(node.lineno, last, _bound(node))
        covered.update(range(row.first, row.last + 1))
        yield row
        if isinstance(node, ast.With | ast.AsyncWith):
            yield Row(row.first, row.last, left_at=node.end_lineno or last)


@lru_cache(maxsize=16)
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


def _start(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    if ast.get_docstring(function) is None:
        return set()
    first = function.body[0]
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _bound(node: _Statement) -> frozenset[str]:
    head = [part for part in ast.iter_child_nodes(node) if not isinstance(part, _Statement)]
    names = (name for part in head for name in ast.walk(part) if isinstance(name, ast.Name))
    return frozenset(name.id for name in names if isinstance(name.ctx, ast.Store))
