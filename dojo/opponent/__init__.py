"""The session as opponent: a search for the shortest story in which a belief is wrong.

`story` has the short programs that are played, `search` lets Hypothesis make them up; neither
knows what they are about. `rival` is somebody else at work, for code that must not mind.
"""

from dojo.opponent.rival import ACTS, WAITS, Rival
from dojo.opponent.search import stories
from dojo.opponent.story import Story

__all__ = ["ACTS", "WAITS", "Rival", "Story", "stories"]
