"""Both sides of a relationship.

A relationship is one thing with two sides: a user's addresses and an address's user. With
back_populates either side follows the other at once, in memory. The foreign key is a column, and
it is for the flush to fill it: it copies the key of the object that the relationship refers to.

https://docs.sqlalchemy.org/en/21/tutorial/orm_related_objects.html
"""

from sqlalchemy import Connection, ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from katas.models import Address, Product, Tag, User, product_tag


def test_what_is_known_before_the_flush(session: Session) -> None:
    alan = session.get_one(User, 3)
    address = Address(email="alan@bletchley.example")

    alan.addresses.append(address)

    assert (address.user, address.user_id) == ___


def test_two_sides_that_do_not_know_each_other() -> None:
    """An author has books, and a book has an author: tell each side what the other is called."""

    class Base(DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship(___)

    class Book(Base):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        author: Mapped[Author] = relationship(___)

    first, second = Book(), Book()
    ada = Author(books=[first])
    second.author = ada

    assert first.author is ada
    assert ada.books == [first, second]


def test_when_a_new_object_finds_its_user(session: Session) -> None:
    ada = session.get_one(User, 1)
    address = Address(email="ada@work.example", user_id=1)
    session.add(address)

    before_flush = address.user
    session.flush()

    assert (before_flush, address.user) == ___


def test_what_follows_from_a_foreign_key(session: Session, observer: Connection) -> None:
    """The foreign key was set by hand. See to it that `address.user` follows, before the commit."""
    address = session.get_one(Address, 3)
    assert address.user is session.get_one(User, 2)
    address.user_id = 1

    ___

    assert address.user is session.get_one(User, 1)
    session.commit()
    assert observer.scalar(select(Address.user_id).where(Address.id == 3)) == 1


def test_which_of_the_two_wins(session: Session) -> None:
    grace = session.get_one(User, 2)
    of_grace = Address(email="grace@yale.example", user=grace, user_id=1)
    of_nobody = Address(email="nobody@yale.example", user=None, user_id=1)

    session.add_all([of_grace, of_nobody])
    session.flush()

    assert (of_grace.user_id, of_nobody.user_id) == ___


def test_what_moving_a_child_sends(session: Session, statements: list[str]) -> None:
    address = session.get_one(Address, 1)
    grace = session.get_one(User, 2)

    address.user = grace
    session.commit()

    assert statements == ___


def test_what_is_left_of_a_tag(session: Session, observer: Connection) -> None:
    travel = session.get_one(Tag, 2)

    session.delete(travel)
    session.commit()

    assert observer.execute(select(product_tag)).all() == ___
    assert observer.scalar(select(func.count(Product.id))) == ___


def test_giving_a_product_its_tags(session: Session, other_session: Session) -> None:
    """Write `set_tags`: the product has these tags and no others. Known tags are used again."""

    def set_tags(product: Product, names: list[str]) -> None:
        ___

    set_tags(session.get_one(Product, 2), ["brass", "wood"])
    session.commit()

    abacus = other_session.get_one(Product, 2)
    assert [tag.name for tag in abacus.tags] == ["brass", "wood"]
    all_tags = other_session.scalars(select(Tag.name).order_by(Tag.id)).all()
    assert all_tags == ["brass", "travel", "wood"]
