"""What happened, in words: a step for each event, or for several that are told together."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dojo.xray.events import (
    Cause,
    Change,
    Event,
    Expired,
    Failure,
    Fate,
    Forgotten,
    Refreshed,
    Returned,
    Statement,
    Subject,
    Taken,
    Transaction,
    Unmatched,
)
from dojo.xray.labels import Labels
from dojo.xray.sql import shape

_LOADS = {
    "expired": "{} is expired: reload",
    "deferred": "{} is deferred: load",
    "lazy": "lazy load of {}",
    "eager": "eager load of {}",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, and what happened within it."""

    what: str | Statement
    note: str = ""
    steps: tuple["Step", ...] = ()
    kind: Hashable = None
    """Steps of one kind in a row are repetition. None for what makes no difference to that."""
    actor: str = ""
    """Who did it, where that is not told by a heading."""


def heading(what: str | Cause, steps: Sequence[Step], labels: Labels) -> Step:
    """What other steps were part of."""
    kinds = tuple(step.kind for step in steps if step.kind not in (None, "BEGIN"))
    if isinstance(what, str):
        return Step(what, steps=tuple(steps), kind=(what, kinds))
    kind = (what.kind, what.by, what.attribute, what.subject and what.subject.kind, kinds)
    if what.attribute:
        owner = labels.subject(what.subject) if what.subject else what.by or ""
        text = _LOADS[what.kind].format(labels.attributes(owner, [what.attribute]))
    else:
        text = f"{what.kind} by {what.by}()" if what.by else what.kind
    return Step(text, steps=tuple(steps), kind=kind)


def steps_of(events: Iterable[Event], labels: Labels) -> list[Step]:
    """What happened in a row, as part of the same thing. What was forgotten is told last."""
    steps: list[Step] = []
    in_order = sorted(events, key=lambda event: isinstance(event.action, Forgotten))
    for _, group in groupby(enumerate(in_order), key=lambda pair: _told_together(*pair)):
        alike = [event for _, event in group]
        connection, actor = labels.connection(alike[0].connection), labels.side(alike[0])
        match action := alike[0].action:
            case Taken():
                steps.append(Step(f"{connection} taken from the pool", kind=Taken))
            case Transaction(verb, unsent):
                _transact(Step(verb, kind=verb, actor=actor), unsent, connection, steps)
            case Returned():
                _give_back(connection, actor, steps)
            case Statement(sql, _, sets):
                note = f"and {sets - 1} more row{'s' if sets > 2 else ''}" if sets > 1 else ""
                steps.append(Step(action, note, kind=shape(sql), actor=actor))
            case Unmatched():
                steps.append(Step("no row matched", kind=Unmatched))
            case Failure(error, message):
                steps.append(Step(f"! {error}: {message}", kind=error))
            case Change() | Expired() | Refreshed() | Forgotten():
                subjects = [e.action.subject for e in alike if isinstance(e.action, Fate)]
                steps.append(_fate(action, subjects, labels))
    return steps


def _told_together(index: int, event: Event) -> Hashable:
    match event.action:
        case Change(_, before, after):
            return before, after
        case Expired(_, attributes) | Refreshed(_, attributes):
            return type(event.action), attributes
        case Forgotten():
            return Forgotten
    return index


def _transact(step: Step, unsent: str, connection: str, steps: list[Step]) -> None:
    if unsent:
        step = replace(step, what=f"{step.what} not sent: {unsent}")
    taken = f"{connection} taken from the pool"
    if steps and steps[-1].what == taken:
        steps[-1] = replace(step, note=taken, actor="")
    else:
        steps.append(step)


def _give_back(connection: str, actor: str, steps: list[Step]) -> None:
    """Say it beside the COMMIT or ROLLBACK that came before, if there is one."""
    returned = f"{connection} back in the pool"
    for index, step in reversed(list(enumerate(steps))):
        if step.kind in ("COMMIT", "ROLLBACK") and (step.actor, step.note) == (actor, ""):
            steps[index] = replace(step, note=returned, actor="")
            return
    steps.append(Step(returned, kind=Returned))


def _fate(action: Fate, subjects: Sequence[Subject], labels: Labels) -> Step:
    """What became of one object, or of several alike."""
    who = labels.subjects(subjects)
    kinds = tuple(sorted({subject.kind for subject in subjects}))
    match action:
        case Change(_, None, _):
            return Step(f"{who}: loaded as persistent", labels.keys(subjects))
        case Change(_, before, after):
            note = labels.keys(subjects) if before == "pending" and after == "persistent" else ""
            return Step(f"{who}: {before} -> {after}", note, kind=(before, after, kinds))
        case Expired(_, attributes):
            what = labels.attributes(who, attributes)
            return Step(f"{what}: expired", kind=(Expired, attributes, kinds))
        case Refreshed(_, attributes):
            what = labels.attributes(who, attributes)
            return Step(f"{what}: refreshed", kind=(Refreshed, attributes, kinds))
        case Forgotten():
            return Step(f"{who}: left the identity map", "no reference left")
