"""The x-ray changes nothing about what it watches."""

import gc
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from threading import Thread
from types import FrameType
from weakref import ref

import pytest
from sqlalchemy import Engine, event, exc, inspect, select, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from dojo.xray.recorder import Recorder
from tests.xray_world import User, World, record


def watched(test: Callable[..., object]) -> Recorder:
    """Run a test under a recorder. What it raises, it raises."""
    with Recorder() as recorder:
        error = record(recorder, test)
    if error:
        raise error
    assert recorder.recording.events
    return recorder


def test_objects_die_when_nobody_holds_them() -> None:
    def test(session: Session) -> None:
        users = session.scalars(select(User)).all()
        ada = users[0]
        others = [ref(user) for user in users[1:]]
        del users
        assert [other() for other in others] == [None, None]
        assert list(session.identity_map.values()) == [ada]
        session.scalars(select(User.id)).all()
        del ada
        assert not session.identity_map

    watched(test)


def test_objects_die_with_the_function_that_held_them() -> None:
    def test(session: Session) -> None:
        def look() -> ref[User]:
            ada = session.get_one(User, 1)
            session.scalars(select(User.id)).all()
            return ref(ada)

        assert look()() is None

    watched(test)


def test_no_garbage_is_collected_while_all_threads_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up to Python 3.11.8 that can be a deadlock, which no time limit can end."""
    frames_of_threads = sys._current_frames
    collecting: list[bool] = []

    def watch() -> dict[int, FrameType]:
        collecting.append(gc.isenabled())
        return frames_of_threads()

    def test(engine: Engine) -> None:
        thread = Thread(target=lambda: Session(engine).connection().close())
        thread.start()
        thread.join()

    monkeypatch.setattr(sys, "_current_frames", watch)
    watched(test)

    assert set(collecting) == {False}
    assert gc.isenabled()


def test_nothing_of_the_test_outlives_it() -> None:
    references: list[ref[object]] = []

    def test(engine: Engine) -> None:
        session = Session(engine)
        ada = session.get_one(User, 1)
        references.extend([ref(session), ref(ada)])

    recorder = watched(test)
    gc.collect()

    assert [reference() for reference in references] == [None, None]
    assert list(recorder.recording.names.values()) == [("session",), ("ada",)]


def test_locals_that_somebody_holds_stay_as_they_are() -> None:
    def test(session: Session) -> None:
        name = "ada"
        variables = locals()
        session.scalars(select(User).where(User.name == name)).one()
        assert variables["name"] == name

    watched(test)


def test_the_namespace_of_a_class_stays_as_it_is() -> None:
    def test(session: Session) -> None:
        class Names:
            first = session.scalar(select(User.name).order_by(User.id))
            second = "grace"

        assert (Names.first, Names.second) == ("ada", "grace")

    watched(test)


def test_nothing_is_loaded_that_was_not_asked_for() -> None:
    def test(session: Session) -> None:
        ada = session.get_one(User, 1)
        assert inspect(ada).unloaded == {"bio", "addresses"}
        session.commit()
        grace = session.get_one(User, 2)
        assert inspect(ada).dict.keys() == {"_sa_instance_state"}
        session.expunge(ada)
        assert inspect(ada).dict.keys() == {"_sa_instance_state"}
        assert inspect(grace).unloaded == {"bio", "addresses"}

    watched(test)


def test_no_code_of_the_learners_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("called by the x-ray")

    for name in ("__repr__", "__str__", "__eq__", "__hash__", "__bool__"):
        monkeypatch.setattr(User, name, refuse, raising=False)

    def test(session: Session, engine: Engine) -> None:
        ada = session.get_one(User, 1)
        registry = scoped_session(sessionmaker(engine), scopefunc=refuse)
        session.refresh(ada)
        assert registry.session_factory

    watched(test)


def test_errors_reach_the_test() -> None:
    def test(session: Session) -> None:
        session.add(User(name="ada"))
        with pytest.raises(exc.IntegrityError) as error:
            session.flush()
        assert error.value.statement is not None
        with pytest.raises(exc.PendingRollbackError):
            session.scalars(select(User)).all()
        session.rollback()
        with pytest.raises(exc.NoResultFound):
            session.get_one(User, 99)

    watched(test)


def test_interruptions_reach_the_test() -> None:
    def test(session: Session) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        event.listen(session, "after_begin", interrupt)
        with pytest.raises(KeyboardInterrupt):
            session.execute(text("SELECT 1"))

    watched(test)


def test_no_listener_stays() -> None:
    def installed(listeners: Iterable[tuple[type, str, Callable[..., None]]]) -> set[bool]:
        return {event.contains(*listener) for listener in listeners}

    with Recorder() as recorder:
        listeners = list(recorder._installed)
        assert installed(listeners) == {True}

    assert installed(listeners) == {False}


def test_nothing_is_heard_between_tests(tmp_path: Path) -> None:
    def test(session: Session) -> None:
        session.get_one(User, 1)

    with Recorder() as recorder, closing(World(tmp_path)) as world:
        record(recorder, test)
        recorded = recorder.recording
        test(Session(world.engine))

    assert recorder.recording == recorded
