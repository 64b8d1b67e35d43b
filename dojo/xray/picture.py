"""The x-ray: a test's source, and below each line what that line made the session do."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from dojo.xray.events import Change, Event, Forgotten, Line, Recording
from dojo.xray.labels import Labels
from dojo.xray.layout import Layout, title
from dojo.xray.source import Row, row_around, row_of, rows_of
from dojo.xray.steps import Step
from dojo.xray.timeline import timeline

ReadLines = Callable[[str], Sequence[str]]
"""Gives the lines of a source file, by its path."""


def picture(
    recording: Recording,
    path: str,
    first: int,
    traceback: Sequence[int],
    width: int,
    read: ReadLines,
) -> list[str]:
    """The x-ray of the function at line `first` of `path`, for a screen of `width` columns.

    `traceback` has the lines of that file that an error went through, if there was one. What
    would have come after that is left out.
    """
    rows = rows_of("\n".join(read(path)), first)
    failed = [n for n in traceback if any(row.first <= n <= row.last for row in rows)]
    labels = Labels(recording)
    happened = _by_row(recording.events, rows)
    aliases = _aliases(recording.events, rows, labels)
    shown = list(_shown(rows, happened, failed))
    layout = Layout(read(path), shown, width)
    place = partial(_place, path=path, read=read)
    lines: list[str] = []
    for row in shown:
        lines += layout.source(row, failed)
        for step in (*timeline(happened.get(row, ()), labels, place), *aliases.get(row, ())):
            lines += layout.step(step, row)
    for step in timeline(happened.get(None, ()), labels, place):
        lines += layout.step(step, None)
    return lines


def _place(line: Line, path: str, read: ReadLines) -> str:
    """The statement of a helper, with its line, and its file unless that is the test's own."""
    row = row_around("\n".join(read(line.path)), line) or Row(line.number, line.number)
    where = "" if line.path == path else f"{Path(line.path).name}:"
    return f"{where}{row.first}  {title(row, read(line.path))}"


def _by_row(events: Sequence[Event], rows: Sequence[Row]) -> Mapping[Row | None, list[Event]]:
    """The events of each row: of fixtures at the `def`, and of threads that left the test at None.

    That an object was forgotten is told of those that another row had loaded.
    """
    happened: defaultdict[Row | None, list[Event]] = defaultdict(list)
    loaded: dict[int, Row | None] = {}
    elsewhere = next(iter(rows), None)
    for event in events:
        row = row_of(event.line, rows) if event.line else elsewhere
        elsewhere = None if event.line else elsewhere
        match event.action:
            case Change(subject, None, _):
                loaded[subject.number] = row
            case Forgotten(subject) if loaded.get(subject.number, row) is row:
                continue
        happened[row].append(event)
    return happened


def _aliases(
    events: Sequence[Event], rows: Sequence[Row], labels: Labels
) -> Mapping[Row, list[Step]]:
    """Where a variable was bound to an object that another one held already."""
    subjects = {
        event.action.subject.number: event.action.subject
        for event in events
        if isinstance(event.action, Change)
    }
    aliases: defaultdict[Row, list[Step]] = defaultdict(list)
    for subject in subjects.values():
        for name in labels.aliases(subject):
            binding = [row for row in rows if name in row.binds]
            if len(binding) == 1:
                aliases[binding[0]].append(Step(f"{name} is {labels.subject(subject)}"))
    return aliases


def _shown(
    rows: Sequence[Row], happened: Mapping[Row | None, list[Event]], failed: Sequence[int]
) -> Iterator[Row]:
    over = False
    for row in rows:
        if row in happened or not (over or row is rows[0] or row.left_at):
            yield row
        over = over or any(row.first <= number <= row.last for number in failed[:1])
