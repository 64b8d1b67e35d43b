"""The search for a story that makes a test fail, and for the shortest such one."""

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from operator import itemgetter

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from dojo.opponent.story import Story

Test = Callable[..., None]

COUNT = 200
"""How many stories a test is run with, as a rule. It takes a second or two."""
LENGTH = 20
"""The most lines that a story has. Nearly all have about as many, until one is shortened."""
SEED = 1
"""Which stories these are: the same ones in each run."""


class _Stop(BaseException):
    """Ends the search for an error that no other story will cure: in a model, or an open hole."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _chosen_from(lines: Sequence[str], place: int) -> st.SearchStrategy[str]:
    """One of these lines, for this place of a story.

    Where all places choose from the same, Hypothesis makes half of the stories out of others, by
    repeating a line. Many are the same story then, since what is impossible is left out.
    """
    choices = [(place, line) for line in lines]
    return st.sampled_from(choices).map(itemgetter(1))


def stories(
    *lines: str, first: Sequence[str] = ("",), count: int = COUNT
) -> Callable[[Test], Test]:
    """Run a test with `count` stories, made up of these lines, as its argument `story`.

    One of `first`, if there are any, is the first line of each. The test fails with the shortest
    story that it raises AssertionError for. Any other error ends the search at once, and is raised
    as it is.
    """
    choices = [first, *[("", *lines)] * LENGTH]
    places = [_chosen_from(some, place) for place, some in enumerate(choices)]

    def decorate(test: Test) -> Test:
        @wraps(test)
        def search(**fixtures: object) -> None:
            @seed(SEED)
            @settings(
                max_examples=count,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                print_blob=False,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            @given(st.tuples(*places))
            def play(chosen: Sequence[str]) -> None:
                try:
                    test(**fixtures, story=Story(list(filter(None, chosen)), lines))
                except AssertionError:
                    raise
                except Exception as error:
                    raise _Stop(error) from None

            try:
                play()
            except _Stop as stop:
                raise stop.error from None

        asked = signature(test)
        fixtures = [p for name, p in asked.parameters.items() if name != "story"]
        search.__signature__ = asked.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return search

    return decorate
