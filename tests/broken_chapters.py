"""A small chapter that keeps the contract, and the ways in which it can be broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from dojo.solution import take_apart

SOLUTION = '''\
"""A chapter.

https://docs.sqlalchemy.org/en/21/orm/session.html
"""

from contextlib import suppress

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from katas.models import User

kept: list[User] = []


def test_a_value(session: Session) -> None:
    ada = session.get_one(User, 1)

    # hint: Look at the rows.
    # hint: It is a first name.
    # wrong: "Ada" -- that is not how it is written
    # why: That is what the row has.
    assert ada.name == "ada"  # as always


def test_a_statement(session: Session, observer: Connection) -> None:
    session.add(User(name="barbara"))

    # hint: She is pending.
    # hint: What ends a transaction?
    # wrong: session.flush() -- it is sent, and not made to last
    # wrong: with session.begin_nested(): -- a savepoint is within the transaction
    #            session.flush()
    # why: What lasts is what was committed.
    session.commit()

    assert len(observer.scalars(select(User.id)).all()) == 4


def test_a_call(session: Session) -> None:
    ada = session.get_one(User, 1)

    # hint: She is in the session.
    # hint: Nothing has to be sent.
    # wrong: refresh -- she stays where she is
    # why: It takes her out, and does nothing else.
    session.expunge(ada)

    assert ada not in session


def test_a_function(session: Session) -> None:
    def names() -> list[str]:
        # hint: It is a query.
        # hint: Of one column.
        # wrong: return ["ada"] -- there are others
        # why: scalars() gives the first column of each row.
        statement = select(User.name).order_by(User.id)
        return list(session.scalars(statement))

    assert names() == ["ada", "grace", "alan"]
'''

HOLES = {
    'name == "ada"': "name == ___",
    "    session.commit()\n": "    ___\n",
    "session.expunge(": "session.___(",
    "statement = select(User.name).order_by(User.id)\n"
    "        return list(session.scalars(statement))": "___",
    "is True": "is ___",
    "size = len(session.new)": "size = ___",
    "size == len([])": "size == ___",
    "raises(AttributeError)": "raises(___)",
}

GUESS = """

def test_{side}() -> None:
    # hint: Heads
    # hint: or tails?
    # wrong: False -- no
    # why: Yes.
    assert bool("{side}") is True
"""

ERROR = """

def test_an_error(session: Session) -> None:
    # hint: A method is an attribute.
    # hint: This one does not exist.
    # wrong: KeyError -- that is for dictionaries
    # why: So it is with any object.
    with pytest.raises(AttributeError):
        session.save()
"""

TWO_HOLES = """

def test_two_holes(session: Session) -> None:
    # hint: Nothing was loaded.
    # hint: Nobody was added.
    # wrong: 1 -- there is nobody
    # why: The session is empty.
    size = len(session.new)
    # hint: It is a number.
    # hint: It is no great number.
    # wrong: 2 -- so it is not
    # why: It is what it is.
    assert size == 0 or size == len([])
"""

BETWEEN = "\n\ndef test_a_statement(session: Session, observer: Connection) -> None:\n"
LAST = 'assert names() == ["ada", "grace", "alan"]\n'


@dataclass(frozen=True, slots=True)
class Breakage:
    """A change to a chapter, and what has to be said of it."""

    what: str
    expected: Sequence[tuple[str, str, str]]
    """The folder, how the line begins, and a part of what is said."""
    both: tuple[str, str] = ("", "")
    """What is replaced, and by what: in both files,"""
    kata: tuple[str, str] = ("", "")
    """in the kata alone,"""
    solution: tuple[str, str] = ("", "")
    """in the solution alone."""

    def texts(self) -> dict[str, str]:
        """The text of both files, by folder. Raises ValueError if nothing is changed."""
        solution = SOLUTION.replace(*self.both)
        kata = take_apart(solution).code
        for answer, hole in HOLES.items():
            kata = kata.replace(answer, hole)
        texts = {"katas": kata.replace(*self.kata), "solutions": solution.replace(*self.solution)}
        if self.expected and texts == {"katas": kata, "solutions": SOLUTION}:
            raise ValueError(f"{self.what}: this changes nothing")
        return texts


IN_TEXT = [
    Breakage("nothing", []),
    Breakage(
        "a wrong answer without a reason",
        [("solutions", "    # wrong: refresh", "no ` -- ` and reason")],
        solution=(" -- she stays where she is", ""),
    ),
    Breakage(
        "no wrong answer",
        [("solutions", "    session.expunge", "there is no wrong answer")],
        solution=("    # wrong: refresh -- she stays where she is\n", ""),
    ),
    Breakage(
        "a lost hint",
        [("solutions", "    assert ada.name", "there are 1 hints, not two or more")],
        solution=("    # hint: Look at the rows.\n", ""),
    ),
    Breakage(
        "a hint with the answer",
        [("solutions", "    session.expunge", "a hint contains the answer: Try expunge().")],
        solution=("Nothing has to be sent.", "Try expunge()."),
    ),
    Breakage(
        "no reason why",
        [("solutions", "    session.commit()", "there is no reason why")],
        solution=("    # why: What lasts is what was committed.\n", ""),
    ),
    Breakage(
        "no notes at all",
        [("solutions", "    x = 1", "no notes stand directly above the statement")],
        both=(LAST, LAST + "    x = 1\n    assert x\n"),
        kata=("    x = 1", "    x = ___"),
    ),
    Breakage(
        "notes where there is no hole",
        [
            ("solutions", "    session.commit()", "the notes above this line are for no hole"),
        ],
        kata=("\n    ___\n", "\n    session.commit()\n"),
    ),
    Breakage(
        "a changed space",
        [("katas", "    assert ada.name", "is '    assert ada.name  == ")],
        solution=("ada.name ==", "ada.name  =="),
    ),
    Breakage(
        "a changed comment",
        [("katas", "    assert ada.name", "# as ever' in solutions/")],
        solution=("# as always", "# as ever"),
    ),
    Breakage(
        "a changed line",
        [("katas", "    session.add(User", "annie")],
        solution=("barbara", "annie"),
    ),
    Breakage(
        "another import",
        [("katas", "from sqlalchemy import", "is 'from sqlalchemy import Connection, func")],
        solution=("Connection, select", "Connection, func, select"),
    ),
    Breakage(
        "a line more",
        [("solutions", "    assert session", "'    assert session' is not in the chapter")],
        solution=(LAST, LAST + "    assert session\n"),
    ),
    Breakage(
        "a line more, behind the answer",
        [("solutions", "    assert ada.name", "the answer is more than one statement")],
        solution=('name == "ada"', 'name == "ada"\n    assert ada'),
    ),
    Breakage(
        "a kata that only one of them has",
        [
            ("katas", "def test_a_call", "test_a_call is not in the solution"),
            ("solutions", "def test_of_a_call", "test_of_a_call is not in the chapter"),
        ],
        solution=("test_a_call", "test_of_a_call"),
    ),
    Breakage(
        "katas in another order",
        [("katas", "def one", "the solution has two here")],
        kata=(LAST, f"{LAST}\n\ndef one(): ...\n\n\ndef two(): ...\n"),
        solution=(LAST, f"{LAST}\n\ndef two(): ...\n\n\ndef one(): ...\n"),
    ),
    Breakage(
        "a hole outside of the functions",
        [
            ("katas", "kept", "a hole outside of a function breaks the whole file"),
            ("solutions", "kept", "no notes stand directly above the statement"),
        ],
        kata=("kept: list[User] = []", "kept: list[User] = ___"),
    ),
    Breakage(
        "two holes in one statement",
        [("katas", "    assert ___", "a second hole in one statement")],
        kata=("ada.name", "___"),
    ),
    Breakage(
        "no link to the documentation",
        [("katas", '"""A chapter.', "the docstring has no link to the documentation")],
        both=("https://docs.sqlalchemy.org", "https://sqlalchemy.org"),
    ),
    Breakage(
        "too few katas, and a hole that none of them needs",
        [
            ("katas", '"""A chapter.', "there are 3 katas, not 4 to 8"),
            ("katas", "    session.___", "no kata needs what this hole is in"),
        ],
        both=("def test_a_call", "def a_call"),
    ),
    Breakage(
        "two of six answers to be guessed",
        [("katas", '    assert bool("tails")', "2 of 6 answers are True or False")],
        both=(LAST, LAST + GUESS.format(side="heads") + GUESS.format(side="tails")),
    ),
    Breakage(
        "a kata that is too long",
        [("katas", "def test_a_value", "the kata has 16 lines, not 15 or fewer")],
        both=(
            "    ada = session.get_one(User, 1)\n\n    # hint: Look",
            "    ada = session.get_one(User, 1)\n" * 15 + "    # hint: Look",
        ),
    ),
    Breakage(
        "control flow",
        [("katas", "    if ada", "control flow in a kata")],
        both=("    assert ada not in", "    if ada:\n        assert ada not in"),
    ),
]
"""What is seen without running anything."""

IN_ATTEMPTS = [
    Breakage("nothing", []),
    Breakage(
        "nothing, but a kata is skipped",
        [],
        both=("def test_a_call", '@pytest.mark.skip(reason="no server")\ndef test_a_call'),
    ),
    Breakage(
        "nothing, but the chapter is skipped",
        [],
        both=("kept: list", 'pytest.importorskip("no_such_module")\nkept: list'),
    ),
    Breakage(
        "nothing, and a wrong answer lets the right exception through",
        [],
        both=(LAST, LAST + ERROR),
    ),
    Breakage(
        "a kata that passes untouched",
        [
            ("katas", "def test_a_value", "untouched, the kata passes"),
            ("solutions", '    # wrong: "Ada"', "the wrong answer passes"),
        ],
        both=("assert ada.name", "assert True or ada.name"),
    ),
    Breakage(
        "a hole whose error is swallowed",
        [
            ("katas", "def test_a_value", "untouched, the kata passes"),
        ],
        both=("assert ada.name", "with suppress(NameError): assert ada.name"),
    ),
    Breakage(
        "a kata that fails before its hole",
        [
            ("katas", "def test_a_call", "untouched, the kata fails for another reason"),
        ],
        both=("    # hint: She is in", "    assert not ada\n    # hint: She is in"),
    ),
    Breakage(
        "another hole than the one that is seen",
        [
            ("katas", "def test_a_call", "untouched, the kata is open on line 1, where no hole"),
            ("solutions", "    # wrong: refresh", "fails by itself, and not in the test"),
        ],
        both=("    # hint: She is in", '    exec("__" + "_")\n    # hint: She is in'),
    ),
    Breakage(
        "the second of two holes, which is not reached",
        [
            ("katas", "    assert size", "with only this hole open, test_two_holes passes"),
            ("solutions", "    # wrong: 2", "the wrong answer passes"),
        ],
        both=(LAST, LAST + TWO_HOLES),
    ),
    Breakage(
        "a wrong answer that passes",
        [("solutions", "    # wrong: 'ada'", "the wrong answer passes")],
        solution=('# wrong: "Ada"', "# wrong: 'ada'"),
    ),
    Breakage(
        "a wrong answer with a typo",
        [("solutions", "    # wrong: sesion", "fails by itself, and not in the test: NameError")],
        solution=("# wrong: session.flush()", "# wrong: sesion.flush()"),
    ),
    Breakage(
        "a wrong answer that is no Python",
        [("solutions", "    # wrong: session.flush(", "the wrong answer is no Python")],
        solution=("# wrong: session.flush()", "# wrong: session.flush("),
    ),
    Breakage(
        "a chapter that cannot be imported",
        [
            ("katas", "kept", "with only this hole open, test_a_value cannot be imported"),
            ("katas", "def test_a_value", "untouched, the kata cannot be imported: NameError"),
            ("katas", "def test_a_statement", "cannot be imported"),
            ("katas", "def test_a_call", "cannot be imported"),
            ("katas", "def test_a_function", "cannot be imported"),
            ("katas", "def test_a_value", "test_a_value is not collected"),
            ("solutions", "kept", "no notes stand directly above the statement"),
        ],
        kata=("kept: list[User] = []", "kept: list[User] = ___"),
    ),
    Breakage(
        "a kata that pytest does not find",
        [
            ("katas", "@pytest.fixture", "test_a_call is not collected"),
            ("solutions", "    # wrong: refresh", "the wrong answer was not run"),
        ],
        both=("def test_a_call", "@pytest.fixture\ndef test_a_call"),
    ),
    Breakage(
        "a test that is no kata",
        [("katas", '"""A chapter.', "TestMore::test_more is collected, and is no function")],
        both=(LAST, LAST + "\n\nclass TestMore:\n    def test_more(self) -> None: ...\n"),
    ),
]
"""What is seen when the chapter is run, unsolved and wrongly solved."""

IN_ORDERS = [
    Breakage("nothing", []),
    Breakage(
        "a solution that fails",
        [("solutions", "def test_a_value", "seed 2), the kata fails: AssertionError")],
        solution=('name == "ada"', 'name == "alan"'),
    ),
    Breakage(
        "a solution that fails after another",
        [("solutions", "def test_a_value", "solved (backwards")],
        both=(BETWEEN, f"    assert not kept\n{BETWEEN}    kept.append(User())\n"),
    ),
]
"""What is seen when the solution is run."""
