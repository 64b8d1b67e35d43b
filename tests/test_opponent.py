"""The search for the shortest story in which a belief is wrong."""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, delete, exc, select, update
from sqlalchemy.orm import Session

from dojo.hole import open_hole
from dojo.opponent import ACTS, WAITS, Rival, Story, search, stories
from katas.models import Account, Tag

COUNTER = ("n += 1", "n += 2", "n = 0", "n / 0")


def play(story: Story, model: Callable[[str | None, str], str | None]) -> None:
    names = {"n": 0}
    story.play(
        names,
        look=lambda line: str(names["n"]),
        model=model,
        refusal=ZeroDivisionError,
        leave_out=lambda line: line == "n = 0" and names["n"] == 0,
    )


def right(before: str | None, line: str) -> str:
    if line == "n / 0":
        return "refused"
    return line[4:] if line.startswith("n = ") else str(int(before or 0) + int(line[-1]))


def right_up_to_three(before: str | None, line: str) -> str:
    return "3" if before == "3" and line == "n += 2" else right(before, line)


def tell(test: Callable[[], None]) -> str:
    with pytest.raises(AssertionError) as caught:
        test()
    assert not getattr(caught.value, "__notes__", [])
    return str(caught.value)


def test_a_right_model_is_not_refuted() -> None:
    played: list[str] = []

    @stories(*COUNTER)
    def test(story: Story) -> None:
        play(story, right)
        played.extend(story.played)

    test()
    assert set(played) == set(COUNTER)


def test_what_is_left_out_is_replaced_by_the_next_line() -> None:
    story = Story(["n = 0", "n += 1", "n = 0"], COUNTER)

    with pytest.raises(AssertionError):
        play(story, lambda before, line: "refused" if line == "n / 0" else "1")

    assert story.played == ["n / 0", "n += 1", "n = 0"]


def test_each_story_may_begin_in_one_of_several_ways() -> None:
    played: list[list[str]] = []

    @stories(*COUNTER, first=["n = 10", "n = 20"])
    def test(story: Story) -> None:
        play(story, right)
        played.append(story.played)

    test()
    assert {story[0] for story in played} == {"n = 10", "n = 20"}
    assert {line for story in played for line in story[1:]} == set(COUNTER)


def test_few_stories_are_played_twice() -> None:
    """What Hypothesis makes out of a story that it has already tried is often the same again."""
    steps = [f"n += {number}" for number in range(1, 7)]
    played: set[tuple[str, ...]] = set()

    @stories(*steps, count=100)
    def test(story: Story) -> None:
        story.choices = ()
        names = {"n": 0}
        story.play(
            names,
            look=lambda line: None,
            model=lambda before, line: None,
            leave_out=lambda line: (names["n"] + int(line[-1])) % 3 != 0,
        )
        played.add(tuple(story.played))

    test()
    assert len(played) > 70


@pytest.mark.parametrize("seed", range(5))
def test_the_shortest_story_is_told(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEED", seed)

    @stories(*COUNTER)
    def test(story: Story) -> None:
        play(story, right_up_to_three)

    assert tell(test).splitlines() == [
        "this story ends otherwise:",
        " 1  n += 1  # 1",
        " 2  n += 2  # 3",
        " 3  n += 2  # 5",
        "            # you say: 3",
    ]


@pytest.fixture
def hypothesis_of_ci() -> Iterator[None]:
    """What Hypothesis is set to where it finds itself in CI."""
    usual = settings.get_current_profile_name()
    settings.load_profile("ci")
    yield
    settings.load_profile(usual)


@pytest.mark.usefixtures("hypothesis_of_ci")
def test_the_same_is_told_in_ci() -> None:
    test_what_is_refused_is_told()


def test_what_is_refused_is_told() -> None:
    @stories(*COUNTER)
    def test(story: Story) -> None:
        play(story, lambda before, line: "0" if line == "n / 0" else None)

    assert tell(test).splitlines()[1:] == [" 1  n / 0  # refused", "           # you say: 0"]


def test_the_story_that_is_told_is_the_last_one_that_is_played() -> None:
    """The x-ray shows the last one."""
    played: list[Story] = []

    @stories(*COUNTER)
    def test(story: Story) -> None:
        played.append(story)
        play(story, right_up_to_three)

    tell(test)
    assert played[-1].played == ["n += 1", "n += 2", "n += 2"]


def test_an_open_hole_ends_the_search_at_once() -> None:
    runs: list[Story] = []

    @stories(*COUNTER)
    def test(story: Story) -> None:
        runs.append(story)
        play(story, lambda before, line: ___)  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(NameError) as caught:
        test()
    last = caught.traceback[-1]
    assert (last.path, open_hole(caught.value)) == (Path(__file__), last.lineno + 1)
    assert len([story for story in runs if story.lines]) == 1


def test_an_error_in_a_model_is_raised_as_it_is() -> None:
    error = KeyError("add")

    def model(before: str | None, line: str) -> str:
        raise error

    @stories(*COUNTER)
    def test(story: Story) -> None:
        play(story, model)

    with pytest.raises(KeyError) as caught:
        test()
    assert caught.value is error


def test_a_traceback_shows_the_line_of_the_story() -> None:
    story = Story(["n += 1", "n / 0"])

    with pytest.raises(ZeroDivisionError) as caught:
        story.play({"n": 0}, look=lambda line: None, model=lambda before, line: None)

    last = traceback.extract_tb(caught.tb)[-1]
    assert (last.filename, last.lineno, last.line) == ("story.py", 2, "n / 0")


@stories(*COUNTER)
def test_fixtures_are_given_and_the_story_is_none(engine: Engine, story: Story) -> None:
    assert engine.dialect
    assert isinstance(story, Story)


def deposit_10(session: Session) -> None:
    session.get_one(Account, 1).balance += 10


def balance(engine: Engine) -> int | None:
    with Session(engine) as session:
        return session.scalar(select(Account.balance).where(Account.id == 1))


def test_a_rival_acts_where_the_story_says_so(engine: Engine) -> None:
    story = Story([WAITS, ACTS])
    rival = Rival(story, engine, act=deposit_10)

    with rival.at_work() as session:
        session.scalars(select(Account.id)).all()
        session.execute(update(Account).where(Account.id == 1).values(balance=Account.balance + 5))
        session.commit()
        session.scalars(select(Account.id)).all()

    assert story.played[:4] == ["SELECT … FROM account", ACTS, "UPDATE account", "COMMIT"]
    assert (balance(engine), rival.times) == (115, 1)


def test_a_rival_does_not_act_while_it_would_have_to_wait(engine: Engine) -> None:
    story = Story([ACTS, ACTS, ACTS])
    rival = Rival(story, engine, act=deposit_10)

    with rival.at_work() as session:
        session.execute(update(Account).where(Account.id == 1).values(balance=Account.balance + 5))
        session.scalars(select(Account.id)).all()
        session.scalars(select(Account.id)).all()
        session.commit()

    assert (story.played[0], rival.times) == (ACTS, 1)
    assert story.played[1:] == ["UPDATE account", *["SELECT … FROM account"] * 2, "COMMIT"]


def test_neither_sees_what_the_other_has_not_committed(engine: Engine) -> None:
    rival = Rival(Story([WAITS, ACTS]), engine, act=deposit_10)
    ada = select(Account.balance).where(Account.id == 1)

    with rival.at_work() as session:
        balances = [session.scalar(ada), session.scalar(ada)]

    assert balances == [100, 110]


def test_what_fails_within_a_savepoint_is_told(engine: Engine) -> None:
    story = Story([])

    with Rival(story, engine, act=deposit_10).at_work(autoflush=False) as session:
        session.add(Tag(id=7, name="wood"))
        session.scalars(select(Tag)).all()
        with pytest.raises(exc.IntegrityError), session.begin_nested():
            session.add(Tag(name="brass"))
        session.execute(delete(Tag).where(Tag.id == 7))
        session.commit()

    assert story.played == [
        "SELECT … FROM tag",
        "INSERT INTO tag",
        "SAVEPOINT",
        "INSERT INTO tag",
        "ROLLBACK TO SAVEPOINT",
        "DELETE FROM tag",
        "COMMIT",
    ]


def test_what_a_rival_makes_fail_is_told(engine: Engine) -> None:
    rival = Rival(Story([WAITS, ACTS]), engine, act=deposit_10)

    def deposit_5() -> None:
        with rival.at_work() as session:
            session.get_one(Account, 1).balance += 5
            session.commit()

    with pytest.raises(AssertionError) as caught:
        deposit_5()

    _, *steps, last = str(caught.value).splitlines()
    assert [step.split("  ")[-1].strip() for step in steps] == [
        "SELECT … FROM account",
        ACTS,
        "UPDATE account",
        "ROLLBACK",
    ]
    assert "# StaleDataError: " in last
    assert balance(engine) == 110


def test_a_difference_is_told(engine: Engine) -> None:
    rival = Rival(Story([]), engine, act=deposit_10)

    with rival.at_work() as session:
        session.scalars(select(Account.id)).all()
    with pytest.raises(AssertionError, match="# the balance is 100, and not 105"):
        rival.compare("the balance", 105, balance(engine))
