"""From something that happened, outward to the line of the test that made it happen."""

import asyncio
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

from dojo.xray.events import Cause, Line, Strand

Reader = Callable[[FrameType], Cause | None]
"""Says what a library is at, from a frame of one of its functions, if it is the right function."""

_LIBRARIES = (sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]) + os.sep, "<")
_INSTALLED = (f"site-packages{os.sep}", f"dist-packages{os.sep}")
_EVENT_LOOP = os.path.join("asyncio", "events.py")


@dataclass(slots=True)
class View:
    """What the stack shows."""

    line: Line | None
    path: tuple[Line | Cause, ...]
    strand: Strand | None
    own: list[FrameType]
    """The frames of the test and of functions within it, innermost first."""


class Stack:
    """Looks for one test on the stack, and for what a library is at.

    The library's files begin with `library`; `readers` go by the names of its functions.
    """

    def __init__(self, test: CodeType, library: str, readers: Mapping[str, Reader]) -> None:
        self._test = test
        self._own = {id(code) for code in _within(test)}
        self._library = library
        self._readers = readers
        self._thread = threading.get_ident()

    def look(self, start: FrameType) -> View:
        """What led to `start`. The stack of a task ends with the task, as that of a thread does."""
        path: list[Line | Cause] = []
        own: list[FrameType] = []
        caller: FrameType | None = None
        strand = self._strand()
        for frame in outward(start):
            code = frame.f_code
            if code.co_filename.startswith(self._library):
                read = self._readers.get(code.co_name)
                if read and (cause := read(frame)):
                    path += (cause,) if caller is None else (_line(caller), cause)
                    caller = None
            elif id(code) in self._own:
                own.append(frame)
                caller = caller or frame
                if code is self._test:
                    break
            elif is_the_learners(code):
                caller = caller or frame
            elif code.co_name == "_run" and code.co_filename.endswith(_EVENT_LOOP):
                strand = strand or _task()
                if own:
                    break
        line = _line(own[-1]) if own else None
        if caller and not (line and _is_at(caller, line)):
            path.append(_line(caller))
        return View(line, tuple(reversed(path)), strand, own)

    def _strand(self) -> Strand | None:
        if threading.get_ident() == self._thread:
            return None
        return Strand("thread", threading.current_thread().name)


def outward(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and its callers, also where SQLAlchemy's asyncio support changes the greenlet."""
    greenlets = sys.modules.get("greenlet")
    greenlet = greenlets.getcurrent() if greenlets else None
    while frame:
        yield frame
        frame = frame.f_back
        while frame is None and greenlet and greenlet.parent:
            greenlet = greenlet.parent
            frame = greenlet.gr_frame


def is_the_learners(code: CodeType) -> bool:
    """Whether this is code of the project under test: no library's, and no module's top level."""
    return not _is_library(code.co_filename) and code.co_name != "<module>"


@cache
def _is_library(path: str) -> bool:
    return path.startswith(_LIBRARIES) or any(folder in path for folder in _INSTALLED)


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)


def _line(frame: FrameType) -> Line:
    return Line(frame.f_code, frame.f_lineno, frame.f_lasti)


def _is_at(frame: FrameType, line: Line) -> bool:
    """Whether a frame is at that line too, as one of a comprehension can be."""
    return frame.f_code.co_filename == line.path and frame.f_lineno == line.number


def _task() -> Strand | None:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return Strand("task", task.get_name()) if task else None
