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

    # hint: Only one side was touched, and nothing was flushed. Which of the two needs a flush?
    # hint: address.user is Python, address.user_id is a column.
    # wrong: (None, None) -- that would be so without back_populates
    # wrong: (alan, 3) -- alan's key is copied by the flush
    # wrong: (None, 3) -- the other way round: the object is there first, and then its key
    # why: The other side is set at once, the column by the flush. Alan might be new, and have no
    # why: key yet: so use the relationship, and you need not care who is inserted when.
    assert (address.user, address.user_id) == (alan, None)


def test_two_sides_that_do_not_know_each_other() -> None:
    """An author has books, and a book has an author: tell each side what the other is called."""

    class Base(DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)
        # hint: models.py has the same between User and Address.
        # hint: What the kata above shows does not come by itself: the two have to name each other.
        # wrong: viewonly=True -- a list to look at: what is put into it goes nowhere
        # wrong: overlaps="author" -- silences a warning, and the sides stay strangers
        # why: The name is that of the attribute in the other class: whenever a book is put into the
        # why: list, that attribute is set.
        books: Mapped[list["Book"]] = relationship(back_populates="author")

    class Book(Base):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        # hint: One side is done. Each has to name the other.
        # hint: What is the list called in which an author's books are?
        # wrong: viewonly=True -- an author to look at: to set it changes nothing
        # wrong: overlaps="books" -- then the author's list would not hear of it
        # why: Where neither names the other, each shows what it was told, and both write the same
        # why: column: "will copy column ... which conflicts with relationship(s)", says a warning.
        author: Mapped[Author] = relationship(back_populates="books")

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

    # hint: Nobody has set address.user. Who could load it, and when?
    # hint: Lazy loading is for objects that have a row. When does the address get one?
    # wrong: (ada, ada) -- what is pending does not load, though ada is in the session
    # wrong: (None, None) -- reading None did not set it: it is loaded when that is possible
    # wrong: (None, 1) -- that is user_id: a relationship refers to an object
    # why: Relationships of a transient or pending object are what you have set, or else None or an
    # why: empty list, without a query: only a persistent object loads. Set user instead of
    # why: user_id, and both are right from the start.
    assert (before_flush, address.user) == (None, ada)


def test_what_follows_from_a_foreign_key(session: Session, observer: Connection) -> None:
    """The foreign key was set by hand. See to it that `address.user` follows, before the commit."""
    address = session.get_one(Address, 3)
    assert address.user is session.get_one(User, 2)
    address.user_id = 1

    # hint: What is loaded is not loaded again. How does a session forget what it has loaded?
    # hint: Let it forget the user alone: the address has a change that is not flushed.
    # wrong: session.flush() -- sends the new key, and leaves the user that is loaded
    # wrong: session.expire(address) -- forgets all of it: the new user_id too
    # wrong: session.refresh(address) -- overwrites the new user_id with the row's
    # wrong: del address.user -- takes the user away: user_id becomes NULL
    # why: A column does not lead to its relationship until that is loaded anew: after expire(), or
    # why: after the commit. To assign address.user spares you the trouble.
    session.expire(address, ["user"])

    assert address.user is session.get_one(User, 1)
    session.commit()
    assert observer.scalar(select(Address.user_id).where(Address.id == 3)) == 1


def test_which_of_the_two_wins(session: Session) -> None:
    grace = session.get_one(User, 2)
    of_grace = Address(email="grace@yale.example", user=grace, user_id=1)
    of_nobody = Address(email="nobody@yale.example", user=None, user_id=1)

    session.add_all([of_grace, of_nobody])
    session.flush()

    # hint: The foreign key says ada, the relationship says something else. Who speaks last?
    # hint: The flush copies the key from the object to the column. And if there is no object?
    # wrong: (1, 1) -- the flush overwrites what was set by hand
    # wrong: (2, 1) -- None was assigned: that means "nobody", and not "nothing was said"
    # wrong: (1, None) -- whether there is an object or not: if the relationship was set, it wins
    # why: A relationship that was set decides at the flush, and None is a decision as well. Set
    # why: one of the two, and not both.
    assert (of_grace.user_id, of_nobody.user_id) == (2, None)


def test_what_moving_a_child_sends(session: Session, statements: list[str]) -> None:
    address = session.get_one(Address, 1)
    grace = session.get_one(User, 2)

    address.user = grace
    session.commit()

    # hint: Two are loaded. The address has to leave ada's list and to join grace's.
    # hint: Neither of the two lists is loaded. Has anybody asked to see one?
    # wrong: ["SELECT", "SELECT", "SELECT", "UPDATE"] -- for grace's list it is enough to note it
    # wrong: ["SELECT", "SELECT", "SELECT", "SELECT", "UPDATE"] -- and ada's list need not be read
    # wrong: ["SELECT", "SELECT", "UPDATE", "UPDATE"] -- one row, and one foreign key in it
    # why: A loaded list follows at once. One that is not loaded is left so: the change is noted,
    # why: and is in the list when somebody reads it. It need not be taken out of the old list
    # why: first, and however long the lists are, this is one UPDATE.
    assert statements == ["SELECT", "SELECT", "UPDATE"]


def test_what_is_left_of_a_tag(session: Session, observer: Connection) -> None:
    travel = session.get_one(Tag, 2)

    session.delete(travel)
    session.commit()

    # hint: Both products had this tag. The compass, product 1, has another one: tag 1.
    # hint: The rows of product_tag belong to the relationship. What is one without its tag?
    # wrong: [(1, 1), (1, 2), (2, 2)] -- the foreign key is enforced, and there is no tag 2
    # wrong: [] -- the other tag's row has nothing to do with it
    # wrong: [(1, 1), (1, None), (2, None)] -- such a row is a link, and without an end it is none
    # why: The flush takes care of a secondary table: it deletes the rows of the tag before the tag.
    # why: You never write to that table yourself.
    assert observer.execute(select(product_tag)).all() == [(1, 1)]
    # hint: The tag referred to two products. Which cascade has Tag.products?
    # hint: What is deleted is the link, and not what is at its other end.
    # wrong: 0 -- for that Tag.products would need the delete cascade
    # wrong: 1 -- then the abacus would have gone with its only tag
    # why: Deleting one side of a many-to-many removes its links, and never the other side.
    assert observer.scalar(select(func.count(Product.id))) == 2


def test_giving_a_product_its_tags(session: Session, other_session: Session) -> None:
    """Write `set_tags`: the product has these tags and no others. Known tags are used again."""

    def set_tags(product: Product, names: list[str]) -> None:
        # hint: First find out which of them exist. Then assign the list: it replaces the old one.
        # hint: Tag.name.in_(names) finds them, and a dictionary by name tells you who is missing.
        # wrong: product.tags = [Tag(name=name) for name in names] -- there is a tag "brass": UNIQUE
        # wrong: found = session.scalars(select(Tag).where(Tag.name.in_(names))) -- and the new one?
        #        product.tags = list(found)
        # wrong: found = session.scalars(select(Tag).where(Tag.name.in_(names))) -- keeps "travel"
        #        known = {tag.name: tag for tag in found}
        #        product.tags += [known.get(name) or Tag(name=name) for name in names]
        # wrong: for old in list(product.tags): -- deletes the tags themselves, for all products
        #            session.delete(old)
        #        found = session.scalars(select(Tag).where(Tag.name.in_(names)))
        #        known = {tag.name: tag for tag in found}
        #        product.tags = [known.get(name) or Tag(name=name) for name in names]
        # why: Compared with the old list, one link was removed and two are new: the flush sends
        # why: that and no more. The tag "travel" is still there, for whoever uses it.
        found = session.scalars(select(Tag).where(Tag.name.in_(names)))
        known = {tag.name: tag for tag in found}
        product.tags = [known.get(name) or Tag(name=name) for name in names]

    set_tags(session.get_one(Product, 2), ["brass", "wood"])
    session.commit()

    abacus = other_session.get_one(Product, 2)
    assert [tag.name for tag in abacus.tags] == ["brass", "wood"]
    all_tags = other_session.scalars(select(Tag.name).order_by(Tag.id)).all()
    assert all_tags == ["brass", "travel", "wood"]
