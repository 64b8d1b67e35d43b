"""Every hole has hints that do not give the answer away, wrong answers, and a reason why."""

import re
from collections.abc import Iterator

from dojo.solution import Note
from tests.check_text import differences
from tests.pair import Pair, Problem


def incomplete_notes(pair: Pair) -> Iterator[Problem]:
    """What a learner would miss who asks for a hint, or who compares."""
    for hole in pair.chapter.holes:
        if hole.note is None:
            yield pair.in_solution(hole.answer_line, "no notes stand directly above the statement")
        else:
            yield from _incomplete(pair, hole.note)


def _incomplete(pair: Pair, note: Note) -> Iterator[Problem]:
    if len(note.hints) < 2:
        yield pair.in_solution(note.line, f"there are {len(note.hints)} hints, not two or more")
    if not note.wrong:
        yield pair.in_solution(note.line, "there is no wrong answer")
    if not note.why:
        yield pair.in_solution(note.line, "there is no reason why")
    for wrong in note.wrong:
        if not wrong.reason:
            yield pair.in_solution(wrong.line, "the wrong answer has no ` -- ` and reason")


def notes_without_hole(pair: Pair) -> Iterator[Problem]:
    """Notes above a statement that has no hole, or above none. The text has to agree for this."""
    if not any(differences(pair)):
        used = [hole.note for hole in pair.chapter.holes]
        for note in pair.chapter.solution.notes:
            if note not in used:
                yield pair.in_solution(note.line, "the notes above this line are for no hole")


def telling_hints(pair: Pair) -> Iterator[Problem]:
    """Hints that contain the answer."""
    for hole in pair.chapter.holes:
        for hint in hole.note.hints if hole.note else ():
            if gives_away(hint, hole.answer):
                yield pair.in_solution(hole.answer_line, f"a hint contains the answer: {hint}")


def gives_away(hint: str, answer: str) -> bool:
    """Whether the words of the answer stand in the hint, one after the other.

    Whole words, digits too, in upper or lower case as they are. Punctuation does not count: a
    hint that says "1, 0" gives `(1, 0)` away, one that says "10" does not.
    """
    words, hint_words = (re.findall(r"\w+", text) for text in (answer, hint))
    if not words:
        return answer in hint
    places = range(len(hint_words) - len(words) + 1)
    return any(hint_words[place : place + len(words)] == words for place in places)


CHECKS = (incomplete_notes, notes_without_hole, telling_hints)
