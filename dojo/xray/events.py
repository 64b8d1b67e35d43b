"""What the x-ray records: one frozen record for each thing that a test made a session do.

Objects, sessions and connections are numbers here, so that no record keeps anything alive.
`Recording.names` has the variables that held them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType


@dataclass(frozen=True, slots=True)
class Subject:
    """A mapped object, as it was at one moment."""

    number: int
    kind: str
    """The name of its class."""
    key: str | None
    """Its primary key, once it has an identity."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that was sent, savepoints included."""

    sql: str
    parameters: Mapping[str, str] | tuple[str, ...]
    """The first set of parameters, each as SQL would write it."""
    sets: int
    """How many sets of parameters were sent along: more than one for an executemany."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The UPDATE or DELETE just sent found no row."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The database, or its driver, raised an error."""

    error: str
    message: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """The limit of a database transaction."""

    verb: str
    """BEGIN, COMMIT or ROLLBACK, and what was sent along, as in BEGIN IMMEDIATE."""
    unsent: str = ""
    """Why nothing was sent, if nothing was."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The connection was taken from its pool."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The connection went back to its pool."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object went from one state to another."""

    subject: Subject
    before: str | None
    """None for an object that was made from a row."""
    after: str


@dataclass(frozen=True, slots=True)
class Expired:
    """Loaded values of an object were thrown away."""

    subject: Subject
    attributes: tuple[str, ...]
    """Empty for all of them."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Values of an object that was there already were read from a row."""

    subject: Subject
    attributes: tuple[str, ...]
    """Empty for all columns."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The last reference to an object went, and with it the object left the identity map."""

    subject: Subject


Fate = Change | Expired | Refreshed | Forgotten
"""What becomes of an object."""

Action = Statement | Unmatched | Failure | Transaction | Taken | Returned | Fate


@dataclass(frozen=True, slots=True)
class Line:
    """A line of Python while it ran."""

    code: CodeType
    """The function."""
    number: int
    offset: int
    """Where in the function's bytecode."""

    @property
    def path(self) -> str:
        return self.code.co_filename

    @property
    def reached(self) -> int:
        """The last line that was compiled before this point.

        A `with` is on one line when it is entered and when it is left: here is the difference.
        """
        lines = (n for start, _, n in self.code.co_lines() if start <= self.offset and n)
        return max(lines, default=self.number)


@dataclass(frozen=True, slots=True)
class Cause:
    """What a session was at when something happened: a flush, or the load of an attribute."""

    kind: str
    by: str | None = None
    """The method that flushed, where it was not flush() itself."""
    subject: Subject | None = None
    attribute: str | None = None
    number: int = 0
    """Tells one flush from the next."""


@dataclass(frozen=True, slots=True)
class Strand:
    """A thread or an asyncio task beside the one that runs the test."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and how it came about."""

    action: Action
    line: Line | None
    """The line of the test. None before its first line, and in a thread that runs other code."""
    path: tuple[Line | Cause, ...]
    """From that line to the action: lines of helpers and fixtures, flushes and loads."""
    strand: Strand | None
    session: int | None
    connection: int | None


@dataclass(frozen=True, slots=True)
class Recording:
    """All that one test made its sessions do, in order."""

    events: tuple[Event, ...]
    names: Mapping[int, tuple[str, ...]]
    """The variables of the test that held an object, a session or a connection, in turn."""
