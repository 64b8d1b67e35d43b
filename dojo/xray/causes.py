"""What SQLAlchemy was at when something happened: a flush, or the load of an attribute.

It has no event for "by autoflush" or "by a lazy load". The stack has both, in the names of its
own functions. Should a release rename one, the x-ray loses that heading and nothing else.
"""

import sys
from collections.abc import Callable, Mapping
from itertools import count, takewhile
from types import FrameType
from typing import Any

from dojo.xray.events import Cause, Subject
from dojo.xray.frames import is_the_learners, outward
from dojo.xray.stack import Reader
from dojo.xray.variables import local

_FLUSHING = ("_autoflush", "commit", "begin_nested", "prepare")


class Causes:
    """Reads frames of SQLAlchemy, whose files begin with `library`.

    `subject` makes the record of an instance state.
    """

    def __init__(self, library: str, subject: Callable[[Any], Subject | None]) -> None:
        self._library = library
        self._subject = subject
        self._flushes: dict[int, Cause] = {}
        self._count = count(1)

    @property
    def readers(self) -> Mapping[str, Reader]:
        """By the name of the function whose frame they read."""
        return {
            "_flush": lambda frame: self._flushes.get(id(frame)),
            "_load_expired": self._load_of_expired,
            "_load_for_state": self._load_for_object,
            "_load_for_path": self._load_for_query,
        }

    def flush_begins(self, *_: object) -> None:
        """Listens to `before_flush`: tells one flush from the next, and who called for it."""
        stack = outward(sys._getframe(1))
        inside = takewhile(lambda frame: not is_the_learners(frame.f_code), stack)
        frames = [f for f in inside if f.f_code.co_filename.startswith(self._library)]
        names = [frame.f_code.co_name for frame in frames]
        flush = frames[names.index("_flush")]
        trigger = next((name for name in names if name in _FLUSHING), None)
        by = names[-1] if trigger == "_autoflush" else trigger
        self._flushes[id(flush)] = Cause(
            "autoflush" if trigger == "_autoflush" else "flush",
            by=None if by and by.startswith("__") else by,
            number=next(self._count),
        )

    def _load_of_expired(self, frame: FrameType) -> Cause | None:
        (state,) = local(frame, "self")
        (key,) = local(frame.f_back, "key") if frame.f_back else (None,)
        if not isinstance(key, str):  # get() has found it expired, and looks for its row
            return None
        return Cause("expired", subject=self._subject(state), attribute=key)

    def _load_for_object(self, frame: FrameType) -> Cause | None:
        loader, state = local(frame, "self", "state")
        deferred = loader.key in state.mapper.column_attrs
        kind = "deferred" if deferred else "lazy"
        return Cause(kind, subject=self._subject(state), attribute=loader.key)

    def _load_for_query(self, frame: FrameType) -> Cause | None:
        (loader,) = local(frame, "self")
        if "Immediate" in type(loader).__name__:  # it loads for one object after the other
            return None
        relationship = loader.parent_property
        return Cause("eager", by=relationship.parent.class_.__name__, attribute=relationship.key)
