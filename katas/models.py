"""The small world that every kata plays in: people, what they buy, and what there is to buy.

Every test starts with a fresh database and the rows that stand at the end of this file:

    user_account   1 ada    2 grace    3 alan
    address        1 ada@engine.example (ada)    2 ada@home.example (ada)
                   3 grace@navy.example (grace)
    purchase       1 by ada    2 by grace
    item           1 cards (purchase 1)    2 ink (purchase 1)    3 clock (purchase 2)
    account        1 ada has 100    2 grace has 50
    product        1 compass, 10 in stock    2 abacus, 3 in stock
    tag            1 brass (compass)    2 travel (compass, abacus)
    review         1 "true north" (compass)    2 "rather heavy" (compass)

The numbers are primary keys. Alan has no address and has bought nothing. Categories, ratings and
price changes there are none.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, String, Table, func, inspect
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    type_annotation_map = {str: String(100), dict[str, Any]: JSON}

    def __repr__(self) -> str:
        """Shows the columns that are loaded, and only those: a repr must not emit SQL."""
        columns = inspect(type(self)).column_attrs.keys()
        loaded = inspect(self).dict
        values = ", ".join(f"{name}={loaded[name]!r}" for name in columns if name in loaded)
        return f"{type(self).__name__}({values})"


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    fullname: Mapped[str | None]

    addresses: Mapped[list["Address"]] = relationship(back_populates="user", order_by="Address.id")
    purchases: Mapped[list["Purchase"]] = relationship(
        back_populates="user", order_by="Purchase.id", cascade="all"
    )


class Address(Base):
    """Where a user is reached. It may outlive its user: `user_id` can be NULL."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    user: Mapped[User | None] = relationship(back_populates="addresses")


class Purchase(Base):
    """What a user bought in one go. Without its user it makes no sense."""

    __tablename__ = "purchase"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    status: Mapped[str] = mapped_column(default="open")
    note: Mapped[str | None] = mapped_column(default="no hurry")
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    user: Mapped[User] = relationship(back_populates="purchases")
    items: Mapped[list["Item"]] = relationship(
        back_populates="purchase", order_by="Item.id", cascade="all, delete-orphan"
    )


class Item(Base):
    """One line of a purchase. It is a part of it, and of no other."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))

    purchase: Mapped[Purchase] = relationship(back_populates="items")


class Account(Base):
    """Somebody's money. Each UPDATE checks the row's version and counts it up."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


product_tag = Table(
    "product_tag",
    Base.metadata,
    Column("product_id", ForeignKey("product.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Product(Base):
    """What is for sale. The description is long, so it is not loaded before it is read."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    stock: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    description: Mapped[str | None] = mapped_column(deferred=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))

    category: Mapped["Category | None"] = relationship(back_populates="products")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=product_tag, back_populates="products", order_by="Tag.id"
    )
    reviews: Mapped[list["Review"]] = relationship(
        back_populates="product", order_by="Review.id", cascade="all", passive_deletes=True
    )
    price_changes: WriteOnlyMapped["PriceChange"] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )


class Category(Base):
    """A tree of shelves: each has a parent, or is at the top."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))

    parent: Mapped["Category | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Category"]] = relationship(
        back_populates="parent", order_by="Category.id"
    )
    products: Mapped[list[Product]] = relationship(back_populates="category")


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    products: Mapped[list[Product]] = relationship(
        secondary=product_tag, back_populates="tags", order_by="Product.id"
    )


class Review(Base):
    """What somebody says of a product. The database deletes it with its product."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))

    product: Mapped[Product] = relationship(back_populates="reviews")


class PriceChange(Base):
    """There may be very many of them: the list is never loaded as a whole."""

    __tablename__ = "price_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))


class Rating(Base):
    """A user's stars for a product. The key is of two columns, and there is no relationship()."""

    __tablename__ = "rating"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    stars: Mapped[int]


ROWS: dict[type[Base] | Table, list[dict[str, Any]]] = {
    User: [
        {"id": 1, "name": "ada", "fullname": "Ada Lovelace"},
        {"id": 2, "name": "grace", "fullname": "Grace Hopper"},
        {"id": 3, "name": "alan", "fullname": "Alan Turing"},
    ],
    Address: [
        {"id": 1, "email": "ada@engine.example", "user_id": 1},
        {"id": 2, "email": "ada@home.example", "user_id": 1},
        {"id": 3, "email": "grace@navy.example", "user_id": 2},
    ],
    Purchase: [{"id": 1, "user_id": 1}, {"id": 2, "user_id": 2}],
    Item: [
        {"id": 1, "name": "cards", "purchase_id": 1},
        {"id": 2, "name": "ink", "purchase_id": 1},
        {"id": 3, "name": "clock", "purchase_id": 2},
    ],
    Account: [
        {"id": 1, "owner": "ada", "balance": 100, "version": 1},
        {"id": 2, "owner": "grace", "balance": 50, "version": 1},
    ],
    Product: [
        {"id": 1, "name": "compass", "stock": 10, "details": {"colour": "gold"}},
        {"id": 2, "name": "abacus", "stock": 3, "details": {}},
    ],
    Tag: [{"id": 1, "name": "brass"}, {"id": 2, "name": "travel"}],
    product_tag: [
        {"product_id": 1, "tag_id": 1},
        {"product_id": 1, "tag_id": 2},
        {"product_id": 2, "tag_id": 2},
    ],
    Review: [
        {"id": 1, "text": "true north", "product_id": 1},
        {"id": 2, "text": "rather heavy", "product_id": 1},
    ],
}
"""Each table's first rows, parents before children."""
