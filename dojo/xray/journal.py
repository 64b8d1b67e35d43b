"""The journal: what happens, written down with the line of the test that made it happen."""

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

from dojo.xray.events import Action, Event, Recording
from dojo.xray.stack import Stack
from dojo.xray.variables import Variables

Listener = Callable[..., None]
"""Hears of an event of SQLAlchemy's, and writes down what it was."""


class Journal:
    """The events of one run of a test, fixtures included.

    A test may be run several times over, as Hypothesis does: the last run is the one that counts.
    """

    def __init__(self, stack: Stack, variables: Variables) -> None:
        self._stack = stack
        self._variables = variables
        self._events: list[Event] = []
        self._of_fixtures = 0
        self._frame: FrameType | None = None

    def write(
        self, action: Action, session: int | None = None, connection: int | None = None
    ) -> Event:
        """Add an event, unless it has to do neither with the test nor with a session."""
        view = self._stack.look(sys._getframe(1), self._frame)
        event = Event(action, view.line, view.path, view.strand, session, connection)
        if view.line or session:
            if view.test:
                self._begin(view.test)
            for frame in view.own:
                self._variables.read(frame)
            self._events.append(event)
        return event

    def amend(self, event: Event, action: Action) -> None:
        """Say better what an event was."""
        for index in reversed(range(len(self._events))):
            if self._events[index] is event:
                self._events[index] = replace(event, action=action)
                break

    def _begin(self, frame: FrameType) -> None:
        """Start over where the test does."""
        if frame is self._frame:
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
