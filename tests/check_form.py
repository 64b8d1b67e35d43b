"""A chapter is short, and so are its katas: what a learner can take in at one reading."""

import ast
from collections.abc import Iterator

from dojo.outline import Block
from tests.pair import Pair, Problem

CURRICULUM = (
    *("where_it_fits", "creating", "reading", "changing", "deleting"),
    *("identity_map", "object_states", "flush", "autoflush", "expiry_after_commit"),
    *("refresh_and_expire", "commit", "autobegin", "close_and_reset", "rollback_after_flush"),
    *("failed_flush", "savepoints", "isolation", "versioning", "detaching"),
    *("merging", "both_sides", "cascades", "database_cascades", "loading"),
    *("scoped_session", "web_requests", "events", "bulk_statements", "sql_expressions"),
    *("several_databases", "tests_of_your_own", "asyncio", "settings", "the_session_as_opponent"),
)
"""The concepts of the chapters, the first of which is number 01."""

KATAS = range(4, 9)
LINES = 15

CONTROL_FLOW = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.TryStar, ast.Match)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def chapter_form(pair: Pair) -> Iterator[Problem]:
    """The chapter as a whole: its name, its docstring, its number of katas."""
    names = [f"test_{number:02}_{name}.py" for number, name in enumerate(CURRICULUM, start=1)]
    if pair.file not in names:
        yield pair.in_kata(1, "the curriculum has no chapter of this name")
    docstring = ast.get_docstring(ast.parse(pair.chapter.source)) or ""
    if "\nhttps://docs.sqlalchemy.org/" not in docstring:
        yield pair.in_kata(1, "the docstring has no link to the documentation")
    katas = len(pair.chapter.katas)
    if katas not in KATAS:
        yield pair.in_kata(1, f"there are {katas} katas, not {KATAS[0]} to {KATAS[-1]}")


def coin_flips(pair: Pair) -> Iterator[Problem]:
    """True or False can be guessed: one answer in four may be that, in every chapter."""
    holes = pair.chapter.holes
    flips = [hole for hole in holes if hole.answer in {"True", "False"}]
    for hole in flips[len(holes) // 4 :]:
        text = f"{len(flips)} of {len(holes)} answers are True or False: one in four may be"
        yield pair.in_kata(hole.line, text)


def kata_form(pair: Pair) -> Iterator[Problem]:
    """Each kata: as short as it should be, and read from top to bottom."""
    lines = pair.chapter.source.splitlines()
    for kata in pair.chapter.katas:
        count = sum(bool(lines[number - 1].strip()) for number in _body(kata))
        if count > LINES:
            line = kata.own_lines.start
            yield pair.in_kata(line, f"the kata has {count} lines, not {LINES} or fewer")
        for node in _directly_in(kata.node):
            if isinstance(node, CONTROL_FLOW):
                yield pair.in_kata(node.lineno, "control flow in a kata: put it into a function")


def _body(kata: Block) -> range:
    """The lines of a test, without its signature and docstring."""
    assert kata.node
    statements = kata.node.body[ast.get_docstring(kata.node) is not None :]
    return range(statements[0].lineno, kata.own_lines.stop) if statements else range(0)


def _directly_in(node: ast.AST | None) -> Iterator[ast.AST]:
    """The parts of a function, but not those of functions and classes within it."""
    for child in ast.iter_child_nodes(node) if node else ():
        if not isinstance(child, SCOPES):
            yield child
            yield from _directly_in(child)


CHECKS = (chapter_form, coin_flips, kata_form)
