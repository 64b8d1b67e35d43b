"""Stories of a book and two shelves, under one cascade or another."""

from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import event, exc, inspect, select
from sqlalchemy.orm import CascadeOptions, Session

from dojo.opponent.library import Library
from dojo.opponent.story import Story

SHELVES = {1: "here", 2: "there", None: "NULL"}


class Fate(Protocol):
    """What becomes of the book."""

    def add(self) -> None: ...
    def append(self, shelf: str) -> None: ...
    def assign(self, shelf: str) -> None: ...
    def remove(self) -> None: ...
    def delete_here(self) -> None: ...
    def commit(self) -> str: ...


class TwoShelves:
    """A session with two shelves, `here` and `there`, and a new `book`.

    What is seen, after a commit, is the book's shelf in its row: "here", "there" or "NULL". If the
    book has "no row", or the commit was "refused", the story is over.
    """

    def __init__(
        self,
        session: Session,
        library: Library,
        fate: Callable[[CascadeOptions, bool], Fate],
    ) -> None:
        self._session = session
        self._library = library
        self._make_fate = fate
        self._names: dict[str, Any] = {"session": session, "library": self._open}
        self._is_over = False
        event.listen(session, "after_rollback", self._end)

    def play(self, story: Story) -> None:
        """Play a story, which begins with a call of `library`. Raises AssertionError."""
        story.choices = ()  # Where few lines are possible, each would stand for too many.
        story.play(
            self._names,
            look=self._look,
            model=lambda before, line: self._said(line),
            refusal=exc.IntegrityError,
            leave_out=self._leave_out,
        )

    def _open(self, cascade: str, nullable: bool) -> tuple[Any, Any, Any]:
        shelf, book = self._library.classes(cascade, nullable)
        self._cascade = inspect(shelf).relationships["books"].cascade
        self._fate = self._make_fate(self._cascade, nullable)
        return self._session.get_one(shelf, 1), self._session.get_one(shelf, 2), book()

    def _end(self, session: Session) -> None:
        self._is_over = True

    def _look(self, line: str) -> str | None:
        if line != "session.commit()":
            return None
        with Session(self._session.get_bind()) as other:
            rows = other.scalars(select(type(self._names["book"]).shelf_id)).all()
        self._is_over = not rows
        return SHELVES[rows[0]] if rows else "no row"

    def _said(self, line: str) -> str | None:
        match line:
            case "session.add(book)":
                self._fate.add()
            case "here.books.append(book)":
                self._fate.append("here")
            case "book.shelf = there":
                self._fate.assign("there")
            case "book.shelf.books.remove(book)":
                self._fate.remove()
            case "session.delete(here)":
                self._fate.delete_here()
            case "session.commit()":
                return self._fate.commit()
        return None

    def _leave_out(self, line: str) -> bool:
        if "book" not in self._names or self._is_over:
            return self._is_over
        here, there, book = (self._names[name] for name in ("here", "there", "book"))
        is_new = not inspect(book).has_identity
        # SQLAlchemy takes a new child that is moved for an orphan, and forgets it without a word.
        is_stuck = is_new and book.shelf is not None and self._cascade.delete_orphan
        is_lost = is_new and book.shelf is not None and book not in self._session
        is_deleted = here not in self._session or here in self._session.deleted
        match line:
            case "session.add(book)":
                return book in self._session or book.shelf is None
            case "here.books.append(book)":
                return is_stuck or is_deleted or book.shelf is here
            case "book.shelf = there":
                return is_stuck or book.shelf is there
            case "book.shelf.books.remove(book)":
                return book.shelf is None or is_lost
            case "session.delete(here)":
                # The flush leaves the foreign key alone of what has just come to the shelf.
                has_come = here in inspect(book).attrs.shelf.history.added
                return is_deleted or is_new or has_come
            case "session.commit()":
                session = self._session
                return not (session.new or session.dirty or session.deleted or is_lost)
        return False
