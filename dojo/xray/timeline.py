"""The steps of one line of a test as a tree, in which repetition is folded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from dojo.xray.events import Cause, Event, Line
from dojo.xray.labels import Labels
from dojo.xray.steps import Step, heading, steps_of

_LONGEST_CYCLE = 6

Within = tuple[str | Cause, ...]
"""What an event was part of, outermost first."""


def timeline(events: Iterable[Event], labels: Labels, place: Callable[[Line], str]) -> list[Step]:
    """What a line made happen, each thing within what it was part of, by whoever did it.

    `place` tells of a line of a helper what it is, and where.
    """
    steps: list[Step] = []
    for actor, group in groupby(events, key=lambda event: ", ".join(labels.actors(event))):
        inner = _tree([(_within(event, place), event) for event in group], labels)
        if not actor:
            steps += inner
        elif len(inner) == 1 and not inner[0].steps:
            steps.append(replace(inner[0], actor=actor))
        else:
            steps.append(heading(actor, inner, labels))
    return list(_folded(steps))


def _within(event: Event, place: Callable[[Line], str]) -> Within:
    return tuple(place(part) if isinstance(part, Line) else part for part in event.path)


def _tree(events: Iterable[tuple[Within, Event]], labels: Labels) -> list[Step]:
    steps: list[Step] = []
    for outermost, group in groupby(events, key=lambda event: event[0][:1]):
        if outermost:
            inner = _tree([(within[1:], event) for within, event in group], labels)
            steps.append(heading(outermost[0], inner, labels))
        else:
            steps += steps_of([event for _, event in group], labels)
    return list(_folded(steps))


def _folded(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps, but of a cycle that comes round again and again only the first."""
    start = 0
    while start < len(steps):
        length, times = _cycle(steps, start)
        yield from steps[start : start + length]
        if times > 1:
            yield Step(f"… {times - 1} more like {'it' if length == 1 else 'these'}", kind="more")
        start += length * times


def _cycle(steps: Sequence[Step], start: int) -> tuple[int, int]:
    """The length of the cycle that begins here, and how often it runs: (1, 1) if there is none."""
    for length in range(1, _LONGEST_CYCLE + 1):
        first = [step.kind for step in steps[start : start + length]]
        end = start + length
        while [step.kind for step in steps[end : end + length]] == first:
            end += length
        times = (end - start) // length
        size = sum(map(_size, steps[start : start + length]))
        if times > 2 and (times - 1) * size > 2 and None not in first:
            return length, times
    return 1, 1


def _size(step: Step) -> int:
    return 1 + sum(map(_size, step.steps))
