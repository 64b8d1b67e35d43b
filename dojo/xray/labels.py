"""What things are called on the screen: by the test's variables, or else by what they are."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from dojo.xray.events import Event, Recording, Returned, Strand, Subject

_MOST_NAMES = 3
_DEFAULT_NAME = re.compile(r"(Thread|ThreadPoolExecutor|Task|asyncio)[-_]\d+")

_T = TypeVar("_T")


class Labels:
    """The names of all that one recording is about."""

    def __init__(self, recording: Recording) -> None:
        events = recording.events
        self._names = recording.names
        self._holders = Counter(name for names in self._names.values() for name in names)
        self._sessions = _distinct(event.session for event in events)
        self._connections = _distinct(event.connection for event in events)
        self._strands = _distinct(event.strand for event in events)
        self._on_several = _on_several_connections(events)

    def subject(self, subject: Subject) -> str:
        """`ada`, or `User 1`, or `a User`."""
        return self._name(subject) or _one(subject.kind)

    def subjects(self, subjects: Iterable[Subject]) -> str:
        """All of them if they are few, in the order in which they were met. Else how many."""
        subjects = sorted(subjects, key=lambda subject: subject.number)
        own_name = self._name if len(subjects) == 1 else self._own_name
        named = self._told(subjects, own_name)
        if len(named) > _MOST_NAMES:
            named = self._told(subjects, lambda subject: self._variable(subject.number))
        if len(named) > _MOST_NAMES:
            named = self._told(subjects, lambda _: None)
        return ", ".join(named)

    def _told(
        self, subjects: Iterable[Subject], name: Callable[[Subject], str | None]
    ) -> list[str]:
        times = Counter((name(subject), subject.kind) for subject in subjects)
        return [
            (name or _one(kind)) if count == 1 else f"{count} x {name or kind}"
            for (name, kind), count in times.items()
        ]

    def keys(self, subjects: Iterable[Subject]) -> str:
        """Their identity keys, but for those that they go by anyway."""
        subjects = sorted(subjects, key=lambda subject: subject.number)
        keys = [_key(s) or "" for s in subjects if self._name(s) != _key(s)]
        return ", ".join(keys) if len(keys) <= _MOST_NAMES else f"{keys[0]} … {keys[-1]}"

    def attributes(self, owner: str, names: Sequence[str]) -> str:
        """`ada.name, ada.fullname`, or `User 1's name, fullname`, or the owner for no names."""
        if owner.isidentifier():
            return ", ".join(f"{owner}.{name}" for name in names) or owner
        return f"{owner}'s {', '.join(names)}" if names else owner

    def aliases(self, subject: Subject) -> Sequence[str]:
        """The other variables that held it, and nothing else."""
        names = self._names.get(subject.number, ())
        return [n for n in names if self._holders[n] == 1 and n != self._name(subject)]

    def connection(self, number: int | None) -> str:
        """`connection 1`: they are counted as they appear."""
        return f"connection {self._connections.index(number) + 1}" if number else ""

    def actors(self, event: Event) -> list[str]:
        """Who did it, as far as that is a question: the thread, the session, the connection."""
        actors: list[str] = []
        if event.strand:
            actors += self._strand(event.strand)
        if event.session and len(self._sessions) > 1:
            actors.append(self._session(event.session))
        if event.connection and not event.session and (self._sessions or self._connections[1:]):
            actors.append(self._variable(event.connection) or self.connection(event.connection))
        return actors

    def side(self, event: Event) -> str:
        """The connection that it was done on, where the session has several."""
        return self.connection(event.connection) if event.session in self._on_several else ""

    def _strand(self, strand: Strand) -> list[str]:
        alike = [other for other in self._strands if other.kind == strand.kind]
        if strand.kind == "task" and len(alike) == 1:
            return []
        unnamed = [other for other in alike if _DEFAULT_NAME.match(other.name)]
        number = f"{unnamed.index(strand) + 1}" if strand in unnamed else strand.name
        return [f"{strand.kind} {number}"]

    def _session(self, number: int) -> str:
        names = {
            other: next(iter(self._names.get(other, ())), "session") for other in self._sessions
        }
        alike = [other for other in self._sessions if names[other] == names[number]]
        return names[number] + (f" ({alike.index(number) + 1})" if alike[1:] else "")

    def _name(self, subject: Subject) -> str | None:
        """A name of its own, or a variable that held others too."""
        return self._own_name(subject) or next(iter(self._names.get(subject.number, ())), None)

    def _own_name(self, subject: Subject) -> str | None:
        """A variable that held nothing else, or its key."""
        return self._variable(subject.number) or _key(subject)

    def _variable(self, number: int) -> str | None:
        names = self._names.get(number, ())
        return next((name for name in names if self._holders[name] == 1), None)


def _key(subject: Subject) -> str | None:
    return None if subject.key is None else f"{subject.kind} {subject.key}"


def _one(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIO' else 'a'} {kind}"


def _on_several_connections(events: Iterable[Event]) -> set[int | None]:
    """The sessions that used a connection while they had another."""
    used: defaultdict[int | None, set[int]] = defaultdict(set)
    found: set[int | None] = set()
    for event in events:
        if event.connection and event.session:
            used[event.session].add(event.connection)
            if len(used[event.session]) > 1:
                found.add(event.session)
            if isinstance(event.action, Returned):
                used[event.session].discard(event.connection)
    return found


def _distinct(things: Iterable[_T | None]) -> list[_T]:
    """All that there are, in order of appearance."""
    return list(dict.fromkeys(thing for thing in things if thing is not None))
