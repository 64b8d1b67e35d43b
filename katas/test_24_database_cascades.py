"""Database cascades.

A foreign key may say ON DELETE CASCADE: then the database deletes the children with their parent,
whoever sends the DELETE. A relationship with passive_deletes=True relies on that: it does not load
children in order to delete them. In the models here, reviews and price changes are deleted with
their product in this way. Before that come three things about the session's own cascades.

https://docs.sqlalchemy.org/en/21/orm/cascades.html#passive-deletes
"""

from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    ForeignKey,
    NullPool,
    create_engine,
    delete,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from katas.models import Product, Purchase, Review, User, product_tag


class OrderColumns:
    """What two katas need for their class Order."""

    __tablename__ = "customer_order"

    id: Mapped[int] = mapped_column(primary_key=True)


class LineColumns:
    """And for the lines of an order."""

    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))


def test_a_delete_that_is_taken_back(session: Session, observer: Connection) -> None:
    """User.purchases has the cascade "all"."""
    ada = session.get_one(User, 1)
    session.delete(ada)

    session.add(ada)
    session.commit()

    assert observer.scalars(select(User.name).order_by(User.id)).all() == ["ada", "grace", "alan"]
    assert observer.scalars(select(Purchase.id).order_by(Purchase.id)).all() == ___


def test_what_a_refresh_reaches(session: Session) -> None:
    """User.addresses has the default cascade, User.purchases has "all"."""
    ada = session.get_one(User, 1)
    address, purchase = ada.addresses[0], ada.purchases[0]
    address.email = "ada@work.example"
    purchase.status = "sent"

    session.refresh(ada)

    assert (address.email, purchase.status) == ___


def test_on_which_side_the_cascade_belongs(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write both sides: a line taken out of its order is deleted; no line takes its order along."""

    class Base(DeclarativeBase): ...

    class Order(OrderColumns, Base):
        lines: Mapped[list["Line"]] = relationship(
            ___,
        )

    class Line(LineColumns, Base):
        order: Mapped[Order] = relationship(___)

    Base.metadata.create_all(engine)
    order = Order(lines=[Line(), Line()])
    session.add(order)
    session.flush()
    order.lines.pop()
    session.delete(order.lines[0])
    session.commit()

    assert observer.scalars(select(Order.id)).all() == [order.id]


def test_what_is_marked_with_a_product(session: Session, observer: Connection) -> None:
    compass = session.get_one(Product, 1)

    session.delete(compass)
    marked = {type(thing).__name__ for thing in session.deleted}
    session.commit()

    reviews_left = observer.scalar(select(func.count(Review.id)))
    assert (marked, reviews_left) == ___


def test_leaving_the_children_to_the_database(engine: Engine, session: Session) -> None:
    """Lines go with their order: loaded ones by the session, the rest by ON DELETE CASCADE."""

    class Base(DeclarativeBase): ...

    class Order(OrderColumns, Base):
        lines: Mapped[list["Line"]] = relationship(___)

    class Line(LineColumns, Base): ...

    Base.metadata.create_all(engine)
    order = Order(lines=[Line(), Line()])
    session.add(order)
    session.commit()
    session.delete(order)
    assert list(session.deleted) == [order]

    session.add(order)
    assert len(order.lines) == 2
    session.delete(order)
    assert len(session.deleted) == 3


def test_a_review_that_the_database_deleted(session: Session) -> None:
    """In the second hole, see to it that the session finds out."""
    compass = session.get_one(Product, 1)
    review = session.get_one(Review, 1)
    session.delete(compass)
    session.flush()

    assert inspect(review).___

    ___
    assert session.get(Review, 1) is None


def test_foreign_keys_in_sqlite(tmp_path: Path) -> None:
    """SQLite enforces no foreign key, unless every connection is told to. Have them all told."""
    sqlite = create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)

    def enforce(connection: DBAPIConnection, record: object) -> None:
        connection.cursor().execute("PRAGMA foreign_keys=ON")

    ___

    Product.metadata.create_all(sqlite)
    with Session(sqlite) as session:
        lamp = Product(name="lamp", reviews=[Review(text="bright")])
        session.add(lamp)
        session.commit()
        session.delete(lamp)
        session.commit()
    with sqlite.connect() as connection:
        assert connection.scalars(select(Review.text)).all() == []


def test_discontinuing_products(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """Write `discontinue`: the products go, in two statements, however many reviews they have."""

    def discontinue(product_ids: list[int]) -> None:
        ___

    discontinue([1])
    session.commit()

    assert statements == ["DELETE", "DELETE"]
    assert observer.scalars(select(Product.name)).all() == ["abacus"]
    assert observer.execute(select(product_tag)).all() == [(2, 2)]
    assert observer.scalar(select(func.count(Review.id))) == 0
