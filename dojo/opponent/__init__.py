"""The session as opponent: a search for the shortest story in which a belief is wrong.

`story` has the short programs that are played, `search` lets Hypothesis make them up; neither
knows what they are about. That is known to the four modules that are named after a number of
things: what their stories use, what is seen after each line, and which lines would be another
subject. `rival` is somebody else at work, for code that must not mind.
"""

from dojo.opponent.library import Library
from dojo.opponent.one_attribute import OneAttribute
from dojo.opponent.one_object import OneObject
from dojo.opponent.one_row import OneRow
from dojo.opponent.rival import ACTS, WAITS, Rival
from dojo.opponent.search import stories
from dojo.opponent.story import Story
from dojo.opponent.two_shelves import TwoShelves

__all__ = [
    "ACTS",
    "WAITS",
    "Library",
    "OneAttribute",
    "OneObject",
    "OneRow",
    "Rival",
    "Story",
    "TwoShelves",
    "stories",
]
