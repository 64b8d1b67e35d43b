"""What a run of katas prints below pytest's own report: records in, lines of text out."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dojo.progress import Kata, Result, State, chapters


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the colour that a terminal may give it."""

    text: str
    colour: str | None = None


def chapter_lines(results: Mapping[Kata, Result]) -> Iterator[Line]:
    """One line a chapter: a mark for each kata, in order, and how many are solved."""
    rows = list(chapters(results))
    name_width = max(len(name) for name, _ in rows)
    marks_width = max(len(states) for _, states in rows)
    for name, states in rows:
        marks = "".join(state.value for state in states)
        solved = states.count(State.SOLVED)
        text = f"{name:{name_width}}  {marks:{marks_width}}  {solved} of {len(states)}"
        yield Line(text, _colour(states))


def _colour(states: Sequence[State]) -> str | None:
    if State.WRONG in states:
        return "red"
    return "green" if set(states) == {State.SOLVED} else None


def solved_lines(katas: Sequence[Kata]) -> Iterator[Line]:
    """The katas that were just solved, and where each one's solution stands."""
    for kata in katas:
        yield Line(kata.sentence, "green")
        yield Line(f"   {kata.solution}")


def next_lines(kata: Kata, result: Result, source: str) -> Iterator[Line]:
    """The kata to work on, with a pointer to the line to edit.

    An untouched one is shown whole, from the `source` of its chapter. Of a wrong attempt pytest
    has shown what matters.
    """
    yield Line(f"{kata.path}:{result.line or kata.line}", "cyan")
    yield Line(kata.sentence)
    if result.state is State.TO_DO:
        yield Line("")
        yield from source_lines(source, kata, result.line)


def source_lines(source: str, kata: Kata, marked: int | None) -> Iterator[Line]:
    """A kata's lines, numbered, the `marked` one with a pointer."""
    lines = source.splitlines()
    for number in _span(source, kata):
        pointer, colour = (">", "cyan") if number == marked else (" ", None)
        yield Line(f"{pointer} {number:4}  {lines[number - 1]}".rstrip(), colour)


def _span(source: str, kata: Kata) -> range:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == kata.name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return range(first, (node.end_lineno or first) + 1)
    return range(kata.line, kata.line + 1)
