"""What a learner wrote, compared with the solution in meaning rather than in spelling."""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import suppress

from dojo.outline import Block, outline
from dojo.solution import Note, Solution, WrongAnswer


def listed_wrong_answer(source: str, solution: Solution, kata: str) -> WrongAnswer | None:
    """The wrong answer of a kata's notes that an attempt gives, if it gives one of them.

    Attempt and solution are the same up to the hole and after it. So where the two differ, the
    attempt has a wrong answer, or what that answer does not share with the right one.
    """
    for attempt, solved, note in _functions(source, solution, kata):
        given, right = _words(ast.unparse(attempt)), _words(ast.unparse(solved))
        before = _common(given, right)
        after = _common(given[before:][::-1], right[before:][::-1])
        end = len(given) - after
        matching = [
            wrong
            for wrong in note.wrong
            if given != right and _covers(_words(_plain(wrong.text)), given, before, end)
        ]
        if matching:
            return max(matching, key=lambda wrong: len(wrong.text))  # `(User, 1)` rather than `1`
    return None


def _functions(
    source: str, solution: Solution, kata: str
) -> Iterator[tuple[ast.stmt, ast.stmt, Note]]:
    """The functions that hold a kata's holes, as attempted and as solved, and the holes' notes."""
    attempts = outline(source)
    for note in solution.notes:
        solved = _block_of(note, solution)
        attempt = attempts.get(solved.name) if solved else None
        if kata in note.katas and solved and solved.node and attempt and attempt.node:
            yield attempt.node, solved.node, note


def _block_of(note: Note, solution: Solution) -> Block | None:
    blocks = solution.blocks.values()
    return next((b for b in blocks if note.line in map(solution.number, b.own_lines)), None)


def _plain(answer: str) -> str:
    """An answer as `ast.unparse` spells it. A part of a statement is left as it is."""
    for mode in ("eval", "exec"):  # by itself, a string is a value, and not a docstring
        with suppress(SyntaxError):
            return ast.unparse(ast.parse(answer, mode=mode))
    return answer


def _words(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.string.strip()]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words the two have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _covers(answer: Sequence[str], given: Sequence[str], start: int, end: int) -> bool:
    """Whether `answer` stands somewhere in `given`, with all from `start` to `end` in it."""
    firsts = range(max(0, end - len(answer)), start + 1)
    return any(given[first : first + len(answer)] == answer for first in firsts)
