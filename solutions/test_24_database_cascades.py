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
    # hint: Ada and grace have bought once each. Whom and what has delete() marked?
    # hint: add() goes on from ada to what is not yet in the session. And where something is in it?
    # wrong: [1, 2] -- it is ada's mark that is taken back, and nobody else's
    # wrong: [] -- grace's purchase was never marked
    # why: delete() marks the children too. add() does not come to them: it stops at what is in the
    # why: session already. So their marks remain, and the flush deletes them, with the items.
    # why: What takes back all marks is session.add_all(session.deleted).
    assert observer.scalars(select(Purchase.id).order_by(Purchase.id)).all() == [2]


def test_what_a_refresh_reaches(session: Session) -> None:
    """User.addresses has the default cascade, User.purchases has "all"."""
    ada = session.get_one(User, 1)
    address, purchase = ada.addresses[0], ada.purchases[0]
    address.email = "ada@work.example"
    purchase.status = "sent"

    session.refresh(ada)

    # hint: A refresh first erases, and only then flushes what is changed in all other objects.
    # hint: One of the cascades in "all" is called refresh-expire. It is not in the default.
    # wrong: ("ada@work.example", "sent") -- ada is not the only one who was erased
    # wrong: ("ada@engine.example", "open") -- for that User.addresses would need "all" as well
    # wrong: ("ada@engine.example", "sent") -- the other way round: it is purchases that has "all"
    # why: With "all", to expire or refresh a parent is to expire its children too: what was changed
    # why: in them is lost, and each is loaded again by a SELECT of its own. Call flush() before
    # why: refresh(), or name the attributes: session.refresh(ada, ["fullname"]) leaves them alone.
    assert (address.email, purchase.status) == ("ada@work.example", "open")


def test_on_which_side_the_cascade_belongs(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write both sides: a line taken out of its order is deleted; no line takes its order along."""

    class Base(DeclarativeBase): ...

    class Order(OrderColumns, Base):
        # hint: Name the other side, and say what is handed on from an order to its lines.
        # hint: To delete what is taken out of a list is more than "all" does.
        # wrong: back_populates="order" -- the line's order_id would become NULL, and may not
        # wrong: back_populates="order", cascade="all" -- deletes with the order, and only then
        # why: A cascade runs from the object that you act on to those that it refers to. So it
        # why: stands where the parent refers to its parts, and not where the foreign key is.
        lines: Mapped[list["Line"]] = relationship(
            back_populates="order",
            cascade="all, delete-orphan",
        )

    class Line(LineColumns, Base):
        # hint: Name the other side. Is there anything that a line hands on to its order?
        # hint: If one of two lines is deleted, what becomes of the other one?
        # wrong: back_populates="lines", cascade="all" -- deletes the order with the first line
        # wrong: back_populates="lines", cascade="all, delete-orphan" -- refused: ArgumentError
        # why: An order has many lines, so none of them may take it along, and delete-orphan is
        # why: refused on this side. single_parent=True allows it, for an owner that refers to its
        # why: part by a foreign key of its own; it then refuses a second owner for that part.
        order: Mapped[Order] = relationship(back_populates="lines")

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
    # hint: The compass has two reviews, and Product.reviews the cascade "all". Are they loaded?
    # hint: Read the line of Product.reviews in models.py to its end, and then Review.product_id.
    # wrong: ({"Product", "Review"}, 0) -- they are not loaded, and passive_deletes leaves it so
    # wrong: ({"Product"}, 2) -- the foreign key has ON DELETE CASCADE, and the database heeds it
    # wrong: ({"Product", "Review"}, 2) -- whoever deletes them, they are gone after the commit
    # why: With passive_deletes=True nothing is loaded in order to be deleted: one DELETE of the
    # why: product, and the database takes care of its reviews, be they two or two million.
    assert (marked, reviews_left) == ({"Product"}, 0)


def test_leaving_the_children_to_the_database(engine: Engine, session: Session) -> None:
    """Lines go with their order: loaded ones by the session, the rest by ON DELETE CASCADE."""

    class Base(DeclarativeBase): ...

    class Order(OrderColumns, Base):
        # hint: LineColumns has the foreign key's rule. The relationship knows nothing of it.
        # hint: Two arguments: what is to become of loaded lines, and who sees to the others.
        # wrong: cascade="all" -- loads the lines in order to delete them, rule or no rule
        # wrong: passive_deletes=True -- a loaded line would not be deleted, but unlinked: NULL
        # wrong: passive_deletes="all" -- a loaded line would be left as it is, without its row
        # wrong: cascade="all", passive_deletes="all" -- the two do not go together
        # why: Three things belong together: ForeignKey(..., ondelete="CASCADE") for the database,
        # why: the delete cascade for the children in a loaded list, which are DELETEd row by row,
        # why: and passive_deletes=True, so that no list is loaded. None brings the others along.
        lines: Mapped[list["Line"]] = relationship(cascade="all", passive_deletes=True)

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

    # hint: The list compass.reviews was never loaded. Which DELETE has the session sent?
    # hint: Nobody reports to a session what the database does by itself.
    # wrong: deleted -- that is compass: it was the session that has deleted it
    # wrong: detached -- for that it would have to be told, and the transaction to have ended
    # wrong: transient -- it was loaded from a row, and of its end the session knows nothing
    # why: The row is gone and the object goes on as before: review.text can be read, and a change
    # why: to it fails at the flush, with a StaleDataError.
    assert inspect(review).persistent

    # hint: get() does not ask about what is in the identity map. Unless it has reason to.
    # hint: What makes a session doubt all that it has loaded? Every commit does it as well.
    # wrong: session.flush() -- there is nothing to be sent, and nothing is asked by it
    # wrong: session.refresh(review) -- asks at once, and raises: "Could not refresh instance"
    # wrong: session.expire(compass) -- that is deleted already, and the review is not
    # why: What is expired is read again, and then it turns out that there is no row: get() returns
    # why: None. To read an attribute instead would be an ObjectDeletedError.
    session.expire_all()
    assert session.get(Review, 1) is None


def test_foreign_keys_in_sqlite(tmp_path: Path) -> None:
    """SQLite enforces no foreign key, unless every connection is told to. Have them all told."""
    sqlite = create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)

    def enforce(connection: DBAPIConnection, record: object) -> None:
        connection.cursor().execute("PRAGMA foreign_keys=ON")

    # hint: event.listen(engine, name, function): which event comes once for each connection?
    # hint: The PRAGMA is forgotten with its connection. dojo/database.py has to do the same.
    # wrong: event.listen(sqlite, "first_connect", enforce) -- the first is one of many
    # wrong: with sqlite.connect() as connection: -- for this connection, which is then closed
    #            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    # why: Otherwise ON DELETE CASCADE does nothing, and no error says so: the children stay, and
    # why: refer to nobody. A pool opens connections whenever it needs them, and each of them
    # why: begins with the defaults of SQLite.
    event.listen(sqlite, "connect", enforce)

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
        # hint: delete(Product).where(...) is a statement, as select() is: execute() sends it.
        # hint: Three tables refer to a product. In which one does the database not clear up?
        # wrong: session.execute(delete(Product).where(Product.id.in_(product_ids))) -- still tagged
        # wrong: for product_id in product_ids: -- right, but it is not two statements
        #            session.delete(session.get_one(Product, product_id))
        # wrong: session.execute(delete(Review).where(Review.product_id.in_(product_ids))) -- tagged
        #        session.execute(delete(Product).where(Product.id.in_(product_ids)))
        # why: A statement goes past all that the session does for a delete(): its cascades, and the
        # why: rows of a secondary table. What the database does, it does for every DELETE. With
        # why: ON DELETE CASCADE in product_tag as well, one statement would be enough.
        session.execute(delete(product_tag).where(product_tag.c.product_id.in_(product_ids)))
        session.execute(delete(Product).where(Product.id.in_(product_ids)))

    discontinue([1])
    session.commit()

    assert statements == ["DELETE", "DELETE"]
    assert observer.scalars(select(Product.name)).all() == ["abacus"]
    assert observer.execute(select(product_tag)).all() == [(2, 2)]
    assert observer.scalar(select(func.count(Review.id))) == 0
