"""What stands at the top level of a chapter, and which of its tests need which part."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Block:
    """A function or class of a module, and whatever stands above it up to the one before.

    What follows the last one is a block as well, whose name is empty.
    """

    name: str
    lines: range
    """All its lines, counted from 1."""
    text: str
    node: Definition | None

    @property
    def is_test(self) -> bool:
        return self.name.startswith("test")

    @property
    def own_lines(self) -> range:
        """The lines of the function itself, from its first decorator on."""
        return lines_of(self.node) if self.node else self.lines


def outline(source: str) -> dict[str, Block]:
    """The blocks of a module, by name. Together they are its text. Raises SyntaxError."""
    lines = source.splitlines(keepends=True)
    blocks: dict[str, Block] = {}
    start = 1
    for node in [*ast.parse(source).body, None]:
        if isinstance(node, Definition | None):
            name = node.name if node else ""
            stop = lines_of(node).stop if node else len(lines) + 1
            text = "".join(lines[start - 1 : stop - 1])
            blocks[name] = Block(name, range(start, stop), text, node)
            start = stop
    return blocks


def lines_of(node: ast.stmt) -> range:
    """The lines of a statement, its decorators among them."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (node.end_lineno or first) + 1)


def statement_at(tree: ast.AST, line: int) -> ast.stmt | None:
    """The innermost statement that this line is a part of."""
    found = None
    for node in ast.walk(tree):  # outer nodes come before inner ones
        if isinstance(node, ast.stmt) and line in lines_of(node):
            found = node
    return found


def dependents(blocks: Mapping[str, Block]) -> dict[str, tuple[str, ...]]:
    """For each block the tests that need it: itself, or those that use it, also as a fixture."""
    mentions = {name: _names(block.node) & blocks.keys() for name, block in blocks.items()}
    needs: dict[str, list[str]] = {name: [] for name in blocks}
    for test in (name for name, block in blocks.items() if block.is_test):
        reached, waiting = set[str](), {test}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            waiting |= mentions[name] - reached
        for name in reached:
            needs[name].append(test)
    return {name: tuple(tests) for name, tests in needs.items()}


def _names(node: ast.AST | None) -> set[str]:
    """The names that a piece of code uses. Strings count, for `usefixtures("name")`."""
    names = set[str]()
    for part in ast.walk(node) if node else ():
        match part:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Constant(value=str(name)):
                names.add(name)
    return names
