"""The hole: a name that is defined nowhere, so that Python itself finds it open."""

from types import TracebackType

HOLE = "___"


def open_hole(error: BaseException | None) -> int | None:
    """The line on which `error` says that a hole was reached, or None if it says no such thing.

    Reading the name raises NameError, calling it as a method AttributeError; both carry the name.
    """
    if not isinstance(error, NameError | AttributeError) or error.name != HOLE:
        return None
    traceback = error.__traceback__
    return _last(traceback).tb_lineno if traceback else None


def _last(traceback: TracebackType) -> TracebackType:
    while traceback.tb_next:
        traceback = traceback.tb_next
    return traceback
