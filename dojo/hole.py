"""The hole: a name that is defined nowhere, so that Python itself finds it open."""

from collections.abc import Iterator
from types import TracebackType

HOLE = "___"


def open_hole(error: BaseException | None) -> int | None:
    """The line on which `error` says that a hole was reached, or None if it says no such thing.

    Reading the name raises NameError, calling it as a method AttributeError; both carry the name.
    """
    if not isinstance(error, NameError | AttributeError) or error.name != HOLE:
        return None
    reached = list(_entries(error.__traceback__))
    named = [entry for entry in reached if HOLE in entry.tb_frame.f_code.co_names]
    # What follows on the one that has the name is a `__getattr__`, such as that of an Enum.
    return next((entry.tb_lineno for entry in reversed(named or reached)), None)


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback:
        yield traceback
        traceback = traceback.tb_next
