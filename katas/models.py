"""The small world that every kata plays in.

Every test starts with a fresh database and the same rows:

    user_account   1 ada        2 grace      3 alan
    address        1 ada@engine.example (ada)    2 ada@home.example (ada)
                   3 grace@navy.example (grace)
    purchase       1 by ada     2 by grace
    item           1 cards (purchase 1)    2 ink (purchase 1)    3 clock (purchase 2)

The numbers are the primary keys. Alan has no address and has bought nothing.
"""

from sqlalchemy import ForeignKey, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
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


ROWS: dict[type[Base], list[dict[str, object]]] = {
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
}
"""The rows of a fresh database, parents before children."""
