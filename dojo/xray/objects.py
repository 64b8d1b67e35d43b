"""What happens to mapped objects: changes of state, expiry, refreshing, and being forgotten."""

import sys
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any

from sqlalchemy.orm import InstanceState, Session

from dojo.xray.events import Change, Expired, Forgotten, Refreshed, Subject
from dojo.xray.frames import outward
from dojo.xray.journal import Journal, Listener
from dojo.xray.variables import Variables

STATE_CHANGES = {
    "transient_to_pending": "transient",
    "pending_to_transient": "pending",
    "pending_to_persistent": "pending",
    "loaded_as_persistent": None,
    "persistent_to_transient": "persistent",
    "persistent_to_deleted": "persistent",
    "persistent_to_detached": "persistent",
    "deleted_to_persistent": "deleted",
    "deleted_to_detached": "deleted",
    "detached_to_persistent": "detached",
}
"""The session's events that tell of a change of state, and the state before."""

_STATES = ("persistent", "pending", "detached", "transient", "deleted")


def subject_of(state: InstanceState[Any], variables: Variables) -> Subject | None:
    """The record of an object, or None if it is gone and only its state is left."""
    thing = state.obj()
    if thing is None:
        return None
    identity = state.key and state.key[1]
    key = None if not identity else str(identity[0] if len(identity) == 1 else identity)
    return Subject(variables.number(thing), state.class_.__name__, key)


class Objects:
    """Writes into a journal what becomes of objects, of which it keeps no more than a number."""

    def __init__(self, journal: Journal, variables: Variables) -> None:
        self._journal = journal
        self._variables = variables
        self._latest: dict[int, tuple[Change, int]] = {}
        """What last became of each object, and in which session."""

    @property
    def listeners(self) -> dict[str, Listener]:
        """By the name of the event."""
        changes = {name: self._change(before) for name, before in STATE_CHANGES.items()}
        return changes | {"expire": self._expired, "refresh": self._refreshed}

    def _change(self, before: str | None) -> Callable[..., None]:
        def changed(session: Session, state: InstanceState[Any]) -> None:
            subject = subject_of(state, self._variables)
            if subject:
                # not what the event is called: of what was deleted once, that is not always true
                after = next(name for name in _STATES if getattr(state, name))
                self._write(before, after, subject, self._variables.number(session))
                if after == "detached" and _is_making_transient():
                    self._write(after, "transient", subject, self._variables.number(session))

        return changed

    def _write(self, before: str | None, after: str, subject: Subject, session: int) -> None:
        change = Change(subject, before, after)
        self._latest[subject.number] = change, session
        self._journal.write(change, session)

    def _expired(self, state: InstanceState[Any], attributes: Collection[str] | None) -> None:
        subject = subject_of(state, self._variables)
        if subject and state.session:
            action = Expired(subject, tuple(sorted(attributes or ())))
            self._journal.write(action, self._variables.number(state.session))

    def _refreshed(
        self, state: InstanceState[Any], context: object, attributes: Collection[str] | None
    ) -> None:
        columns = {each.key for each in state.mapper.column_attrs if not each.deferred}
        loaded = columns if attributes is None else state.dict.keys() & attributes
        subject = subject_of(state, self._variables)
        if loaded and subject and state.session:
            action = Refreshed(subject, () if columns <= loaded else tuple(sorted(loaded)))
            self._journal.write(action, self._variables.number(state.session))

    def gone(self, number: int) -> None:
        """To be called when an object or a session has ceased to exist."""
        change, session = self._latest.pop(number, (None, number))
        if change and change.after == "persistent":
            self._journal.write(Forgotten(change.subject), session)
        if change is None:
            self._leave(number)

    def _leave(self, dead: int) -> None:
        """What a session leaves behind when it goes without being closed."""
        for change, session in list(self._latest.values()):
            if session == dead and change.after in ("pending", "persistent", "deleted"):
                after = "transient" if change.after == "pending" else "detached"
                self._write(change.after, after, change.subject, session)


def _is_making_transient() -> bool:
    frames = islice(outward(sys._getframe(2)), 8)
    return any(frame.f_code.co_name == "make_transient" for frame in frames)
