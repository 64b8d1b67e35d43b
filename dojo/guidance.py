"""What a solution has to say to a learner: hints, the reason why, another way to write it."""

import textwrap
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from dojo.outline import Block, outline
from dojo.progress import Kata
from dojo.screen import Line
from dojo.solution import Note, Solution


def hint_lines(kata: Kata, solution: Solution, shown: int, width: int) -> Iterator[Line]:
    """The first `shown` hints of a kata, and how many there are still."""
    hints = [hint for note in _notes(kata, solution) for hint in note.hints]
    yield Line(f"{kata.path}:{kata.line}  {kata.sentence}")
    for number, hint in enumerate(hints[:shown], start=1):
        yield from _labelled(str(number), hint, width)
    left = len(hints) - shown
    more = f"{left} more: ask again" if left > 0 else "that is all: --solution tells the rest"
    yield Line(f"({more})")


def hint_count(kata: Kata, solution: Solution) -> int:
    return sum(len(note.hints) for note in _notes(kata, solution))


def solved_lines(katas: Sequence[tuple[Kata, Solution | None]], width: int) -> Iterator[Line]:
    """The katas that were just solved. A few of them get the reason why, many a line each."""
    for kata, solution in katas:
        notes = _notes(kata, solution) if solution and len(katas) <= 3 else []
        yield Line(kata.sentence, "green")
        for note in notes:
            yield from _wrapped(note.why, "   ", width)
            yield Line(f"   {kata.solution}:{note.line}")


def solution_lines(kata: Kata, source: str, solution: Solution, width: int) -> Iterator[Line]:
    """An attempt beside the solution where they differ, why, and what else was tempting."""
    yield Line(f"{kata.path}:{kata.line}  {kata.sentence}", "cyan")
    attempts = outline(source)
    for name, solved in solution.blocks.items():
        if kata.name in solution.needed_by[name]:
            yield from _differences(attempts.get(name), solved)
    for note in _notes(kata, solution):
        yield from _labelled("why", note.why, width)
        for wrong in note.wrong:
            yield from _labelled("not", f"{_on_one_line(wrong.text)} -- {wrong.reason}", width)
    yield Line("")


def _differences(attempt: Block | None, solved: Block) -> Iterator[Line]:
    yours, ours = (_code(attempt) if attempt else []), _code(solved)
    changes = [c for c in SequenceMatcher(None, yours, ours).get_opcodes() if c[0] != "equal"]
    for _, start, stop, our_start, our_stop in changes:
        yield from (Line(f"   yours     {line}") for line in yours[start:stop])
        yield from (Line(f"   solution  {line}", "green") for line in ours[our_start:our_stop])
    if solved.is_test and not changes:
        yield Line("   as in the solution")


def _code(block: Block) -> list[str]:
    return [line.rstrip() for line in block.text.splitlines() if line.strip()]


def _notes(kata: Kata, solution: Solution) -> list[Note]:
    return [note for note in solution.notes if kata.name in note.katas]


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    first, *rest = _wrapped(text, " " * 13, width)
    yield Line(f"   {label:9}" + first.text[12:])
    yield from rest


def _wrapped(text: str, indent: str, width: int) -> Iterator[Line]:
    lines = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)
    return map(Line, lines)


def _on_one_line(answer: str) -> str:
    return "; ".join(line.strip() for line in answer.splitlines())
