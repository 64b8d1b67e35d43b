"""A chapter and its solution have the same text, but for the holes and the notes."""

import ast
from collections.abc import Iterator

from dojo.chapter import marked_lines, pattern
from dojo.hole import HOLE
from dojo.outline import Block, statement_at
from tests.pair import Pair, Problem


def differences(pair: Pair) -> Iterator[Problem]:
    """What stands in one of the two and not in the other. Of each function, the first."""
    ours, theirs = pair.chapter.blocks, pair.chapter.solution.blocks
    common = [name for name in ours if name in theirs]
    for name in ours.keys() - theirs.keys():
        yield pair.in_kata(ours[name].own_lines.start, f"{name} is not in the solution")
    for name in theirs.keys() - ours.keys():
        line = pair.chapter.solution.number(theirs[name].own_lines.start)
        yield pair.in_solution(line, f"{name} is not in the chapter")
    for name, other in zip(common, (name for name in theirs if name in ours), strict=True):
        if name != other:
            yield pair.in_kata(ours[name].own_lines.start, f"the solution has {other} here")
            break
    for name in common:
        yield from _difference(pair, ours[name], theirs[name])


def _difference(pair: Pair, block: Block, solved: Block) -> Iterator[Problem]:
    marked = marked_lines(block.text)
    if pattern(marked).fullmatch(solved.text):
        return
    same, end = 0, 0
    while same < len(marked) and (found := pattern(marked[: same + 1]).match(solved.text)):
        same, end = same + 1, found.end()
    number = pair.chapter.solution.number(solved.lines.start + solved.text.count("\n", 0, end))
    there = solved.text[end:].partition("\n")[0]
    if same == len(marked):
        yield pair.in_solution(number, f"{there!r} is not in the chapter")
    else:
        here = block.text.splitlines()[same]
        there = f"{there!r} in {pair.solution_path}:{number}"
        yield pair.in_kata(block.lines.start + same, f"{here!r} is {there}")


def misplaced_holes(pair: Pair) -> Iterator[Problem]:
    """Holes that cannot be told apart, or that stand where a hole is no use."""
    tree = ast.parse(pair.chapter.source)
    functions = {line for block in pair.chapter.blocks.values() for line in block.own_lines}
    seen: list[ast.stmt | None] = []
    for hole in pair.chapter.holes:
        statement = statement_at(tree, hole.line)
        if statement in seen:
            yield pair.in_kata(hole.line, "a second hole in one statement: whose are the notes?")
        seen.append(statement)
        if hole.line not in functions:
            yield pair.in_kata(hole.line, "a hole outside of a function breaks the whole file")
        elif not hole.katas:
            yield pair.in_kata(hole.line, "no kata needs what this hole is in")
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and HOLE in ast.unparse(node):
            yield pair.in_kata(node.lineno, "a hole in a string: not every Python sees it there")


def oversized_answers(pair: Pair) -> Iterator[Problem]:
    """Answers that reach beyond the statement of their hole, and so hide text from the learner."""
    lines = pair.chapter.source.splitlines()
    statements = _count_statements(pair.chapter.source)
    for hole in pair.chapter.holes:
        if lines[hole.line - 1].strip() != HOLE:
            filled = pair.filled({hole: hole.answer})
            if _count_statements(filled) != statements:
                yield pair.in_solution(hole.answer_line, "the answer is more than one statement")


def _count_statements(source: str) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(source)))


CHECKS = (differences, misplaced_holes, oversized_answers)
