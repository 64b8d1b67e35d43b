"""Stories of one attribute: what it reads, and whether reading it sends a SELECT."""

from typing import Protocol

from sqlalchemy import Executable, inspect
from sqlalchemy.orm import Session

from dojo.opponent.story import Story

READ = "fullname = ada.fullname"


class Model(Protocol):
    """What becomes of the attribute: a method for each line of a story."""

    def read(self) -> str: ...
    def set(self, value: str) -> None: ...
    def execute(self, value: str) -> None: ...
    def flush(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def expire(self) -> None: ...
    def refresh(self) -> None: ...


class OneAttribute:
    """A session, and an object that is called `ada` in the stories, with a fullname.

    `rename_to_augusta` is an UPDATE of her row. `statements` has what the engine was sent.
    """

    def __init__(
        self, session: Session, statements: list[str], ada: object, rename_to_augusta: Executable
    ) -> None:
        self._ada = ada
        self._statements = statements
        self._names = {"session": session, "ada": ada, "rename_to_augusta": rename_to_augusta}

    def play(self, story: Story, model: Model) -> None:
        """Play a story. Raises AssertionError."""
        story.play(
            self._names,
            look=self._look,
            model=lambda before, line: self._said(model, line),
            leave_out=self._sets_back,
        )

    def _look(self, line: str) -> str | None:
        sql = "with a SELECT" if self._statements == ["SELECT"] else "without SQL"
        self._statements.clear()
        return f"{self._names['fullname']!r}, {sql}" if line == READ else None

    def _said(self, model: Model, line: str) -> str | None:
        match line.split(" = "):
            case ["fullname", _]:
                return model.read()
            case ["ada.fullname", value]:
                model.set(value.strip("'"))
            case _ if "execute" in line:
                model.execute("Augusta")
            case _:
                getattr(model, line.partition("(")[0].removeprefix("session."))()
        return None

    def _sets_back(self, line: str) -> bool:
        """To set what was there at the last flush is no change, and another story."""
        there = inspect(self._ada).attrs.fullname.history.sum()
        return line in [f"ada.fullname = {value!r}" for value in there]
