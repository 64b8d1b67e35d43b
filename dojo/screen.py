"""What a run of katas prints below pytest's own report: records in, lines of text out."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dojo.changes import Changes
from dojo.progress import Kata, Result, State, chapter_name, chapters

_FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the colour that a terminal may give it."""

    text: str
    colour: str | None = None


def chapter_lines(results: Mapping[Kata, Result], changed: Mapping[str, Changes]) -> Iterator[Line]:
    """One line a chapter: a mark for each kata, in order, and how many are solved.

    `changed` holds what is no longer as it was handed out, by the chapter's path.
    """
    rows = list(chapters(results))
    name_width = max(len(chapter_name(path)) for path, _ in rows)
    marks_width = max(len(states) for _, states in rows)
    for path, states in rows:
        marks = "".join(state.value for state in states)
        solved = states.count(State.SOLVED)
        text = (
            f"{chapter_name(path):{name_width}}  {marks:{marks_width}}  {solved} of {len(states)}"
        )
        yield Line(text + _remarks(changed.get(path, Changes())), _colour(states))


def trouble_lines(unreadable: Sequence[str], gone: Sequence[str]) -> Iterator[Line]:
    """The chapters that Python could not import, and those that are not there."""
    for path in sorted(unreadable):
        yield Line(f"{chapter_name(path)} cannot be read: see above", "red")
    if len(gone) > _FEW:
        yield Line(f"{len(gone)} chapters are gone: git restore katas/ brings them back", "yellow")
        return
    for path in gone:
        yield Line(f"{chapter_name(path)} is gone: git restore {path}", "yellow")


def _remarks(changed: Changes) -> str:
    remarks = {"missing": len(changed.missing), "checking less": len(changed.weakened)}
    return "".join(f", {number} {remark}" for remark, number in remarks.items() if number)


def _colour(states: Sequence[State]) -> str | None:
    if State.WRONG in states:
        return "red"
    return "green" if set(states) == {State.SOLVED} else None


def next_lines(kata: Kata, result: Result, source: str, width: int) -> Iterator[Line]:
    """The kata to work on, with a pointer to the line to edit.

    An untouched one is shown whole, from the `source` of its chapter. Of a wrong attempt pytest
    has shown what matters.
    """
    yield Line(f"{kata.path}:{result.line or kata.line}", "cyan")
    yield Line(kata.sentence)
    if result.state is State.TO_DO:
        yield Line("")
        yield from _source_lines(source, kata, result.line, width)


def done_lines(results: Mapping[Kata, Result]) -> Iterator[Line]:
    """What is left when nothing is left to do."""
    solved = sum(result.state is State.SOLVED for result in results.values())
    skipped = len(results) - solved
    yield Line(f"All {solved} solved." if not skipped else f"{solved} solved, {skipped} skipped.")
    yield Line("")
    yield Line("  --solution   your answers beside ours, and why the tempting ones are wrong")
    yield Line("  --xray       what the session did, in every kata, or in a test of your own")


def _source_lines(source: str, kata: Kata, marked: int | None, width: int) -> Iterator[Line]:
    span = _span(source, kata, marked)
    for number, line in enumerate(source.splitlines(), 1):
        if number not in span:
            continue
        pointer, colour = (">", "cyan") if number == marked else (" ", None)
        text = f"{pointer} {number:4}  {line}".rstrip()
        yield Line(text if len(text) <= width else f"{text[: width - 3]}...", colour)


def _span(source: str, kata: Kata, marked: int | None) -> range:
    """The lines of the function to be edited: the kata, or a fixture that it needs."""
    functions = [
        range(min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno + 1)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    wanted = marked or kata.line
    return next((lines for lines in functions if wanted in lines), range(wanted, wanted + 1))
