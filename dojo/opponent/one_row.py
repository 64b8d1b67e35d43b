"""Stories of one row, and of what the identity map has under its key."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from dojo.opponent.story import Story

GET = "ada = session.get(User, 1)"


class OneRow:
    """A session, and row 1 of a class `User`. What is seen is what the identity map has of it.

    It has "nothing", or an object that is "loaded", "expired" or "changed"; a changed one is
    "kept" if `ada` does not refer to it. `statements` has what the engine was sent.
    """

    def __init__(self, session: Session, statements: list[str], user: type[Any]) -> None:
        self._session = session
        self._statements = statements
        self._key = session.identity_key(user, 1)
        self._names: dict[str, Any] = {"session": session, "User": user, "ada": None}

    def play(
        self, story: Story, model: Callable[[str, str], str], selects: Collection[str]
    ) -> None:
        """Play a story. The model is told what there is and a line, and says what is there next.

        `selects` has what there is when get() will send a SELECT. Raises AssertionError.
        """

        def said(seen: str | None, line: str) -> str:
            before = (seen or "").partition(",")[0]
            return self._with_sql(line, model(before, line), before in selects)

        story.play(self._names, look=self._look, model=said, leave_out=self._leave_out)

    def _now(self) -> str:
        ada = self._session.identity_map.get(self._key)
        if ada is None:
            return "nothing"
        if ada in self._session.dirty:
            return "changed" if self._names["ada"] is ada else "kept"
        return "expired" if inspect(ada).expired else "loaded"

    def _look(self, line: str) -> str:
        was_sent = "SELECT" in self._statements
        self._statements.clear()
        return self._with_sql(line, self._now(), was_sent)

    def _with_sql(self, line: str, there: str, select: bool) -> str:
        if line != GET:
            return there
        return f"{there}, {'with a SELECT' if select else 'without SQL'}"

    def _leave_out(self, line: str) -> bool:
        if line == GET:
            return False
        return self._now() == "nothing" or (line.startswith("ada.") and self._now() != "loaded")
