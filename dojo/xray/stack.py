"""From something that happened, outward to the line of the test that made it happen."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import CO_COROUTINE
from itertools import chain
from types import CodeType, FrameType
from typing import ClassVar

from dojo.xray import tasks
from dojo.xray.events import Cause, Line, Strand
from dojo.xray.frames import is_the_learners, line_of, outward, within

Reader = Callable[[FrameType], Cause | None]
"""Says what a library is at, from a frame of one of its functions, if it is the right function."""

_EVENT_LOOP = os.path.join("asyncio", "events.py")


@dataclass(slots=True)
class View:
    """What the stack shows."""

    test: FrameType | None
    """The frame of the test."""
    line: Line | None
    path: tuple[Line | Cause, ...]
    strand: Strand | None
    own: list[FrameType]
    """The frames on the stack of the test and of functions within it, innermost first."""


class Stack:
    """Looks for one test on the stack, and for what a library is at.

    The library's files begin with `library`; `readers` go by the names of its functions.
    """

    _silent: ClassVar[dict[int, CodeType]] = {}
    """Functions whose frames tell nothing, by their `id`: nearly all, and on every stack."""

    def __init__(self, test: CodeType, library: str, readers: Mapping[str, Reader]) -> None:
        self._test = test
        self._own = {id(code) for code in within(test)}
        self._library = library
        self._readers = readers
        self._thread = threading.get_ident()

    def look(self, start: FrameType, test: FrameType | None) -> View:
        """What led to `start`. `test` is the frame of the test, if it is known.

        The stack of a task ends with the task, as that of a thread does. What these do beside
        the test, they do while it is at one of its lines.
        """
        path: list[Line | Cause] = []
        own: list[FrameType] = []
        caller: FrameType | None = None
        task: tasks.Task | None = None
        frames = outward(start, self._silent)
        while frame := next(frames, None):
            code = frame.f_code
            if id(code) in self._own:
                own.append(frame)
                caller = caller or frame
                if code is self._test:
                    break
            elif code.co_name in self._readers and code.co_filename.startswith(self._library):
                if cause := self._readers[code.co_name](frame):
                    path += (cause,) if caller is None else (line_of(caller), cause)
                    caller = None
            elif code.co_name == "_run" and code.co_filename.endswith(_EVENT_LOOP):
                task = task or tasks.current_task()
                if own:
                    break
                if task and (waiting := tasks.waiting_for(task)):
                    task = waiting
                    frames = chain(tasks.frames_of(task), [frame], frames)
            elif is_the_learners(code):
                caller = caller or frame
            else:
                self._silent[id(code)] = code
        at = own[-1] if own else None
        strand = self._strand(task, at)
        if strand:
            test = test or self._find_test()
            at = test if test and _is_beside(strand, test) else at
        elif at and at.f_code is self._test:
            test = at
        if caller and not (at and _is_same_line(caller, at)):
            path.append(line_of(caller))
        return View(test, line_of(at) if at else None, tuple(reversed(path)), strand, own)

    def _strand(self, task: "tasks.Task | None", at: FrameType | None) -> Strand | None:
        if threading.get_ident() != self._thread:
            return Strand("thread", threading.current_thread().name)
        is_the_tests = at and at.f_code is self._test and _is_coroutine(at)
        return Strand("task", task.get_name()) if task and not is_the_tests else None

    def _find_test(self) -> FrameType | None:
        """The frame of the test in its own thread, or in the task that waits for this one."""
        running = outward(_frames_of_threads().get(self._thread))
        waiting = chain.from_iterable(map(tasks.frames_of, tasks.all_tasks()))
        found = (frame for frame in chain(running, waiting) if frame.f_code is self._test)
        return next(found, None)


def _frames_of_threads() -> Mapping[int, FrameType]:
    """The innermost frame of each thread, by the thread's number.

    Up to Python 3.11.8 this may end in a deadlock if garbage is collected meanwhile.
    https://github.com/python/cpython/issues/106883
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if collects:
            gc.enable()


def _is_beside(strand: Strand, test: FrameType) -> bool:
    """Whether a strand runs beside the test, rather than within, as in `asyncio.run(main())`."""
    return strand.kind == "thread" or _is_coroutine(test)


def _is_coroutine(frame: FrameType) -> bool:
    return bool(frame.f_code.co_flags & CO_COROUTINE)


def _is_same_line(one: FrameType, other: FrameType) -> bool:
    """As it can be of a comprehension and the function around it."""
    return one.f_lineno == other.f_lineno and one.f_code.co_filename == other.f_code.co_filename
