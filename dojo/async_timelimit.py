"""The time limit of an async kata: it ends the wait, so that its fixtures can be torn down.

A signal would stop the event loop, and not the test.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from dojo.timelimit import debugged

_limit: asyncio.Timeout | None = None


def limited(
    test: Callable[..., Awaitable[None]], seconds: float, error: BaseException
) -> Callable[..., Awaitable[None]]:
    """An async test that raises `error` where it waits when `seconds` have passed."""

    @wraps(test)
    async def run(**arguments: Any) -> None:
        global _limit
        async with asyncio.timeout(None if debugged() else seconds) as _limit:
            try:
                await test(**arguments)
            except asyncio.CancelledError as cancelled:
                if not (_limit and _limit.expired()):
                    raise
                raise error.with_traceback(cancelled.__traceback__) from None
            finally:
                _limit = None

    return run


def lift() -> None:
    """Let the test that runs take its time after all."""
    if _limit:
        _limit.reschedule(None)
