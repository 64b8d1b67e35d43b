"""Frames: the functions that run, from the innermost outward."""

import os
import sys
import sysconfig
from collections.abc import Container, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from dojo.xray.events import Line

_LIBRARIES = (sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]) + os.sep, "<")
_INSTALLED = (f"site-packages{os.sep}", f"dist-packages{os.sep}")


def outward(frame: FrameType | None, without: Container[int] = ()) -> Iterator[FrameType]:
    """A frame and its callers, also where SQLAlchemy's asyncio support changes the greenlet.

    Frames of functions whose code's `id` is in `without` are left out.
    """
    greenlets: Any = sys.modules.get("greenlet")
    greenlet = greenlets.getcurrent() if greenlets else None
    while frame:
        while frame:  # many a time for every event
            if id(frame.f_code) not in without:
                yield frame
            frame = frame.f_back
        while frame is None and greenlet and greenlet.parent:
            greenlet = greenlet.parent
            frame = greenlet.gr_frame


def line_of(frame: FrameType) -> Line:
    return Line(frame.f_code, frame.f_lineno, frame.f_lasti)


def within(code: CodeType) -> Iterator[CodeType]:
    """A function, and the functions that are defined within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from within(constant)


def is_the_learners(code: CodeType) -> bool:
    """Whether this is code of the project under test: no library's, and no module's top level."""
    return not _is_library(code.co_filename) and code.co_name != "<module>"


@cache
def _is_library(path: str) -> bool:
    return path.startswith(_LIBRARIES) or any(folder in path for folder in _INSTALLED)
