"""The stacks of asyncio tasks, and which of them waits for which."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from dojo.xray.variables import local

if TYPE_CHECKING:
    import asyncio  # slow to import, and seldom needed

    Task = asyncio.Task[Any]

_WAITING = ("__aexit__", "_run_to_completion")
"""SQLAlchemy's functions that have a `task` of their own, in 2.0 and in 2.1."""


def current_task() -> Task | None:
    """The task that runs now, if one does."""
    module: Any = sys.modules.get("asyncio")
    return module.current_task() if module and module._get_running_loop() else None


def all_tasks() -> Iterable[Task]:
    """The tasks that are not done, of the event loop that runs here."""
    module: Any = sys.modules.get("asyncio")
    return module.all_tasks() if module and module._get_running_loop() else ()


def frames_of(task: Task) -> list[FrameType]:
    """What a waiting task is in the middle of, innermost first."""
    return list(_outermost_first(task))[::-1]


def _outermost_first(task: Task) -> Iterator[FrameType]:
    coroutine: Any = task.get_coro()
    while frame := getattr(coroutine, "cr_frame", None):
        yield frame
        coroutine = coroutine.cr_await


def waiting_for(task: Task) -> Task | None:
    """The task that had SQLAlchemy end an `async with`: it does so in a task of its own."""
    for other in all_tasks():
        for frame in frames_of(other) if other is not task else ():
            if frame.f_code.co_name in _WAITING and local(frame, "task") == [task]:
                return other
    return None
