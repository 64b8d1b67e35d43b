"""The recorder: listens to SQLAlchemy while tests run, and changes nothing about them.

It sends no SQL, loads no attribute, and keeps no object alive. What happens, it hears from
SQLAlchemy's events; what that is a part of, it sees on the stack.
"""

import os
from collections.abc import Callable, Mapping
from inspect import unwrap
from pathlib import Path
from typing import Self

import sqlalchemy
from sqlalchemy import Engine, Pool, event
from sqlalchemy.orm import Mapper, Session

from dojo.xray.causes import Causes
from dojo.xray.events import Recording
from dojo.xray.journal import Journal, Listener
from dojo.xray.objects import STATE_CHANGES, Objects, subject_of
from dojo.xray.stack import Stack
from dojo.xray.traffic import Traffic
from dojo.xray.variables import Variables

_SQLALCHEMY = str(Path(sqlalchemy.__file__).parent) + os.sep

_STATEMENT = ("before_cursor_execute", "after_cursor_execute", "handle_error")
_HEARD: Mapping[type, tuple[str, ...]] = {
    Session: ("before_flush", "after_begin", "after_transaction_end", *STATE_CHANGES),
    Mapper: ("expire", "refresh"),
    Engine: ("begin", "commit", "rollback", *_STATEMENT),
    Pool: ("connect", "checkout", "reset", "checkin"),
}


class Recorder:
    """Listens from `with` to its end, and records one test after the other.

    Listeners cost more to install than to call. So they stay, and between tests they are deaf.
    """

    def __init__(self) -> None:
        self._installed: list[tuple[type, str, Listener]] = []
        self._listeners: Mapping[str, Listener] = {}
        self._journal: Journal | None = None
        self._variables: Variables | None = None

    def __enter__(self) -> Self:
        for target, names in _HEARD.items():
            options = {"raw": True} if target in (Session, Mapper) else {}
            for name in names:
                listener = self._pass_on(name)
                self._installed.append((target, name, listener))
                event.listen(target, name, listener, **options)
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        while self._installed:
            event.remove(*self._installed.pop())

    def _pass_on(self, name: str) -> Listener:
        def pass_on(*heard: object) -> None:
            if listener := self._listeners.get(name):
                listener(*heard)

        return pass_on

    def start(self, test: Callable[..., object]) -> None:
        """Begin to record what the function `test` makes its sessions do."""
        code = unwrap(test).__code__
        self._variables = variables = Variables(lambda number: objects.gone(number))
        causes = Causes(_SQLALCHEMY, lambda state: subject_of(state, variables))
        self._journal = Journal(Stack(code, _SQLALCHEMY, causes.readers), variables)
        objects, traffic = Objects(self._journal, variables), Traffic(self._journal, variables)
        self._listeners = {
            "before_flush": causes.flush_begins,
            **objects.listeners,
            **traffic.listeners,
        }

    def stop(self) -> None:
        """To be called as often as is convenient. What was recorded stays."""
        self._listeners = {}
        if self._journal:
            self._journal.close()

    def number_of(self, thing: object) -> int | None:
        """The number that an object has in the recording, while it is made."""
        return self._variables.known(thing) if self._variables else None

    @property
    def recording(self) -> Recording:
        """All that was recorded since the last start."""
        return self._journal.recording if self._journal else Recording((), {})
