"""Shelves and books, to see what each kind of cascade does."""

from typing import Any

from sqlalchemy import Engine, ForeignKey, delete
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

Classes = tuple[type[Any], type[Any]]


def map_classes(number: int, cascade: str, nullable: bool) -> Classes:
    """A class Shelf whose `books` have this cascade, and a class Book, with tables of their own.

    `nullable` says whether a row of a book can do without a shelf.
    """

    class Base(DeclarativeBase):
        pass

    class Shelf(Base):
        __tablename__ = f"shelf_{number}"

        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship(back_populates="shelf", cascade=cascade)

    class Book(Base):
        __tablename__ = f"book_{number}"

        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[int | None] = mapped_column(ForeignKey(Shelf.id), nullable=nullable)
        shelf: Mapped[Shelf | None] = relationship(back_populates="books")

    return Shelf, Book


class Library:
    """The classes for each setting that was asked for, and their tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._classes: dict[tuple[str, bool], Classes] = {}

    def classes(self, cascade: str, nullable: bool) -> Classes:
        """Shelf and Book, whose tables hold the shelves 1 and 2, and no book."""
        setting = (cascade, nullable)
        if setting not in self._classes:
            shelf, book = map_classes(len(self._classes) + 1, cascade, nullable)
            shelf.metadata.create_all(self._engine)
            self._classes[setting] = (shelf, book)
        shelf, book = self._classes[setting]
        with Session(self._engine) as session, session.begin():
            session.execute(delete(book))
            session.execute(delete(shelf))
            session.add_all([shelf(id=1), shelf(id=2)])
        return shelf, book
