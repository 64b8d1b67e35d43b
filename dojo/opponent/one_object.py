"""Stories of one object in a session, and of the states that it goes through."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import exc, inspect
from sqlalchemy.orm import Session, SessionTransaction

from dojo.opponent.story import Story

STATES = ("transient", "pending", "persistent", "deleted", "detached")


class OneObject:
    """A session, and an object that is called `account` in the stories. What is seen is its state.

    An object with a row that session.deleted has is "marked".
    """

    def __init__(self, session: Session, account: object) -> None:
        self.names: dict[str, Any] = {"session": session, "account": account, "savepoint": None}
        self.at_begin: dict[str, str] = {}
        """For each line that rolls back, the state when what it ends began."""
        self._committed = False

    def play(self, story: Story, model: Callable[[str, str], str | None]) -> None:
        """Play a story. The model is told a state and a line, and says which state comes next.

        What raises an error is "refused". Raises AssertionError.
        """
        story.play(
            self.names,
            look=self._look,
            model=lambda before, line: model(before or "", line),
            refusal=exc.InvalidRequestError,
            leave_out=self._leave_out,
        )

    @property
    def state(self) -> str:
        """The name of the object's state."""
        account = self.names["account"]
        session = inspect(account).session
        if session and account in session.deleted:
            return "marked"
        return next(name for name in STATES if getattr(inspect(account), name))

    def _look(self, line: str) -> str:
        if line in ("", "session.commit()", "session.rollback()", "session.close()"):
            self.at_begin["session.rollback()"] = self.state
            self._committed = inspect(self.names["account"]).has_identity
        elif line == "savepoint = session.begin_nested()":
            self.at_begin["savepoint.rollback()"] = self.state
        return self.state

    def _leave_out(self, line: str) -> bool:
        savepoint: SessionTransaction | None = self.names["savepoint"]
        is_open = savepoint is not None and savepoint.is_active
        match line:
            case "session.add(account)":
                return self._was_deleted and self.state != "deleted"
            case "session.delete(account)":
                return self._was_deleted
            case "account = session.merge(account)":
                return self._was_deleted or self.state == "marked"
            case "session.close()":
                # A flush that is not committed is taken back, and the object is not told.
                has_identity = inspect(self.names["account"]).has_identity
                return self.state == "deleted" or has_identity != self._committed
            case "savepoint = session.begin_nested()":
                # One at a time, and none for an object that is deleted.
                return is_open or self.state in ("marked", "deleted")
            case "savepoint.rollback()":
                return not is_open
        return False

    @property
    def _was_deleted(self) -> bool:
        """What was deleted is not added again, once the session has let go of it."""
        return bool(inspect(self.names["account"]).was_deleted)
