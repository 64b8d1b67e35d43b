"""Whatever a session does, the x-ray knows the state of each object, and all that was sent."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, exc, inspect, select
from sqlalchemy.orm import Session, make_transient

from dojo.xray.events import Change, Statement, Transaction
from dojo.xray.picture import picture
from dojo.xray.recorder import Recorder
from tests.xray_world import Address, User, World

STATES = ("transient", "pending", "persistent", "deleted", "detached")

Thing = User | Address
Operation = Callable[[Session, list[Thing], int], object]
"""Something to do with a session, and perhaps with one of some objects."""


def make(session: Session, things: list[Thing], number: int) -> None:
    user = User(name=f"user {number}", addresses=[Address(email="home")])
    things += [user, *user.addresses]


def find(session: Session, things: list[Thing], number: int) -> None:
    things += {*session.scalars(select(User).where(User.id <= number))} - {*things}


def rename(session: Session, things: list[Thing], number: int) -> None:
    thing = pick(things, number)
    setattr(thing, "name" if isinstance(thing, User) else "email", f"user {number}")


def look(session: Session, things: list[Thing], number: int) -> None:
    thing = pick(things, number)
    assert str(thing.user if isinstance(thing, Address) else thing.addresses)


def merge(session: Session, things: list[Thing], number: int) -> None:
    things += {session.merge(pick(things, number))} - {*things}


def strip(session: Session, things: list[Thing], number: int) -> None:
    if pick(things, number) in session:  # of the others, no event tells
        make_transient(pick(things, number))


def forget(session: Session, things: list[Thing], number: int) -> None:
    things.remove(pick(things, number))


def end_savepoint(session: Session, things: list[Thing], number: int) -> None:
    if savepoint := session.get_nested_transaction():
        savepoint.commit() if number % 2 else savepoint.rollback()


def of_session(name: str) -> Operation:
    return lambda session, things, number: getattr(session, name)()


def of_thing(name: str) -> Operation:
    return lambda session, things, number: getattr(session, name)(pick(things, number))


def pick(things: list[Thing], number: int) -> Thing:
    return things[number % len(things)]


OPERATIONS: dict[str, Operation] = {
    "make": make,
    "find": find,
    "rename": rename,
    "look": look,
    "merge": merge,
    "make_transient": strip,
    "forget": forget,
    "end_savepoint": end_savepoint,
    "flush": of_session("flush"),
    "commit": of_session("commit"),
    "rollback": of_session("rollback"),
    "begin_nested": of_session("begin_nested"),
    "close": of_session("close"),
    "reset": of_session("reset"),
    "expunge_all": of_session("expunge_all"),
    "expire_all": of_session("expire_all"),
    "add": of_thing("add"),
    "delete": of_thing("delete"),
    "expunge": of_thing("expunge"),
    "expire": of_thing("expire"),
    "refresh": of_thing("refresh"),
}
OFTEN = ["make", "find", "rename", "add", "delete", "flush", "rollback", "begin_nested"] * 3

steps = st.tuples(st.sampled_from([*OPERATIONS, *OFTEN]), st.integers(0, 5))
plans = st.lists(steps, min_size=10, max_size=40)


@settings(deadline=None, max_examples=150)
@given(plans, st.booleans())
def test_states_and_statements(plan: list[tuple[str, int]], expire_on_commit: bool) -> None:
    sent: list[str] = []

    def note(connection: object, cursor: object, sql: str, *_: object) -> None:
        sent.append(sql)

    def play(session: Session) -> None:
        things: list[Thing] = [User(name="bob"), *session.scalars(select(User))]
        for name, number in plan:
            with suppress(exc.SQLAlchemyError, ZeroDivisionError):
                OPERATIONS[name](session, things, number)
            assert told_states(things) == [state_of(thing) for thing in things], name
            assert told_statements() == sent, name

    def told_states(things: list[Thing]) -> list[str]:
        changes = [e.action for e in recorder.recording.events if isinstance(e.action, Change)]
        latest = {change.subject.number: change.after for change in changes}
        return [latest.get(recorder.number_of(thing) or 0, "transient") for thing in things]

    def told_statements() -> list[str]:
        actions = [event.action for event in recorder.recording.events]
        return [
            action.sql if isinstance(action, Statement) else action.verb
            for action in actions
            if isinstance(action, Statement)
            or (isinstance(action, Transaction) and action.verb == "BEGIN")
        ]

    with (
        TemporaryDirectory() as folder,
        closing(World(Path(folder))) as world,
        Recorder() as recorder,
    ):
        event.listen(world.engine, "before_cursor_execute", note)
        recorder.start(play)
        play(Session(world.engine, expire_on_commit=expire_on_commit))
    code = play.__code__
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert picture(
        recorder.recording, code.co_filename, code.co_firstlineno, [], 80, lambda _: lines
    )


def state_of(thing: Thing) -> str:
    return next(state for state in STATES if getattr(inspect(thing), state))
