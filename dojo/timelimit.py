"""A time limit for a kata, so that a loop without an end does not end the lesson."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def time_limit(seconds: float, error: BaseException) -> Iterator[None]:
    """Raise `error` in the block when it has run for `seconds`.

    There is no limit where none can be set (on Windows, which has no SIGALRM, and outside of the
    main thread), nor under a debugger: whoever looks at a line takes longer than the line.
    """
    if not hasattr(signal, "SIGALRM") or not _in_main_thread() or debugged():
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        lift()
        signal.signal(signal.SIGALRM, before)


def lift() -> None:
    """Let the block that runs take its time after all."""
    if hasattr(signal, "SIGALRM") and _in_main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def debugged() -> bool:
    """Whether somebody steps through this."""
    if sys.gettrace() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    return monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None
