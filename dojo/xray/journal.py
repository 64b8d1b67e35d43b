"""The journal: what happens, written down with the line of the test that made it happen."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType

from dojo.xray.events import Action, Event, Recording
from dojo.xray.stack import Stack
from dojo.xray.variables import Variables

Listener = Callable[..., None]
"""Hears of an event of SQLAlchemy's, and writes down what it was."""


class Journal:
    """The events of one run of `test`, begun with its fixtures.

    A test may be run several times over, as Hypothesis does: the last run is the one that counts.
    """

    def __init__(self, test: CodeType, stack: Stack, variables: Variables) -> None:
        self._test = test
        self._stack = stack
        self._variables = variables
        self._events: list[Event] = []
        self._of_fixtures = 0
        self._frame: FrameType | None = None

    def write(
        self, action: Action, session: int | None = None, connection: int | None = None
    ) -> None:
        """Add an event, unless it has to do neither with the test nor with a session."""
        view = self._stack.look(sys._getframe(1))
        if view.line or session:
            for frame in view.own:
                self._begin(frame)
                self._variables.read(frame)
            self._events.append(
                Event(action, view.line, view.path, view.strand, session, connection)
            )

    def _begin(self, frame: FrameType) -> None:
        if frame.f_code is not self._test or frame is self._frame:
            return
        if self._frame is None:
            self._of_fixtures = len(self._events)
        del self._events[self._of_fixtures :]
        self._frame = frame

    def close(self) -> None:
        """See what the test's variables hold in the end, and let go of everything."""
        if self._frame:
            self._variables.read(self._frame)
        self._variables.close()
        self._frame = None

    @property
    def recording(self) -> Recording:
        return Recording(tuple(self._events), dict(self._variables.names))
