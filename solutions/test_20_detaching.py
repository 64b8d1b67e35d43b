"""Detaching.

An object that has a row but no session is detached. It is what close(), expunge() and pickle
leave you with: an ordinary Python object, with whatever had been loaded into it, that nobody
saves and nobody loads any more. It may join a session again, as long as it is in no other one.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#expunging
"""

import pickle

from sqlalchemy import Connection, Engine, inspect, orm, select
from sqlalchemy.orm import Session
from sqlalchemy.orm import exc as orm_exc

from katas.models import Product, User


def test_what_expunge_takes_out(session: Session) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"

    session.expunge(ada)
    found = session.get_one(User, 1)

    # hint: expunge() sends nothing. Has anybody saved the change, or taken it back?
    # hint: Row 1 has no object in this session any more. What does get_one() do then?
    # wrong: ("Countess of Lovelace", "Countess of Lovelace") -- found is another object than ada
    # wrong: ("Ada Lovelace", "Ada Lovelace") -- expunge() undoes nothing: she leaves as she is
    # wrong: (None, "Ada Lovelace") -- expunge() does not expire: what is loaded stays in her
    # why: expunge() takes the object out, and that is all: no flush, no DELETE, no expiry. The
    # why: change is in her and nowhere else, and for row 1 the session builds another object.
    # why: A persistent object becomes detached by it, a pending one transient.
    assert (ada.fullname, found.fullname) == ("Countess of Lovelace", "Ada Lovelace")


def test_who_leaves_with_a_user(session: Session) -> None:
    ada = session.get_one(User, 1)
    assert (len(ada.addresses), len(ada.purchases)) == (2, 1)

    session.expunge(ada)

    # hint: A relationship hands on what its cascade says. models.py has User's two relationships.
    # hint: "all" includes expunge. The default includes only save-update and merge.
    # wrong: {"Address", "Purchase"} -- then User.purchases would have the default as well
    # wrong: set() -- then User.addresses would have "all" as well
    # wrong: {"User", "Address", "Purchase"} -- the user at least has left: that is what was asked
    # why: The purchase has gone with her, and to expunge it again would be an error. The addresses
    # why: are still in the session, and refer to a user who is not.
    assert {type(thing).__name__ for thing in session} == {"Address"}


def test_what_can_be_read_without_a_session(session: Session) -> None:
    compass = session.get_one(Product, 1)
    assert len(compass.reviews) == 2
    session.close()

    def can_be_read(name: str) -> bool:
        try:
            getattr(compass, name)
        except orm_exc.DetachedInstanceError:
            return False
        return True

    names = ["name", "description", "tags", "reviews"]
    # hint: Nobody can send a SELECT for it now. What had been loaded when the session was closed?
    # hint: For one of the columns models.py says when it is loaded.
    # wrong: ["name"] -- the reviews were read before the close: they are loaded as well
    # wrong: ["name", "description", "reviews"] -- description is deferred: get_one() left it out
    # wrong: ["name", "description", "tags", "reviews"] -- who should load the tags now?
    # wrong: [] -- closing expires nothing: what is loaded stays to be read
    # why: A detached object is worth as much as was loaded into it: columns and lists alike. The
    # why: rest is named by inspect(compass).unloaded, and to read that is a DetachedInstanceError,
    # why: even where the answer would only be None or an empty list.
    assert [name for name in names if can_be_read(name)] == ["name", "reviews"]


def test_a_list_that_outlives_the_session(engine: Engine) -> None:
    """The addresses are read when the session is gone. See to it that the query loads them."""
    query = select(User).where(User.name == "ada")

    with Session(engine) as session:
        # hint: orm has loader options: functions that are given a relationship, as User.purchases.
        # hint: One of them loads the lists of all users found, in a second SELECT with an IN.
        # wrong: orm.lazyload(User.addresses) -- loads the list when it is read: then it is too late
        # wrong: orm.raiseload(User.addresses) -- forbids the loading, with a session or without
        # wrong: orm.selectinload(User.purchases) -- loads the other list
        # why: Whoever lets an object leave the session decides what will be readable outside. Say
        # why: it in the query, or afterwards: session.refresh(ada, ["addresses"]). No help here is
        # why: expire_on_commit=False: it keeps what is loaded, and loads nothing.
        ada = session.scalars(query.options(orm.selectinload(User.addresses))).one()

    assert inspect(ada).detached
    assert [address.id for address in ada.addresses] == [1, 2]


def test_what_an_object_from_a_cache_knows(session: Session, other_session: Session) -> None:
    cached = pickle.dumps(session.get_one(User, 1))
    session.close()
    other_session.get_one(User, 1).fullname = "Countess of Lovelace"
    other_session.commit()

    ada: User = pickle.loads(cached)
    # hint: A session cannot be pickled. Which part of the object's state can?
    # hint: She knows the row that she belongs to.
    # wrong: transient -- that has no identity, and hers was pickled with her
    # wrong: persistent -- for that she would have to be in a session
    # why: Loaded attributes and the identity key are pickled, the session is not.
    assert inspect(ada).detached

    session.add(ada)

    # hint: She is persistent now. Has anybody asked the database?
    # hint: add() of a detached object sends nothing. An object reloads what is expired.
    # wrong: "Countess of Lovelace" -- for that she would have to be refreshed
    # wrong: None -- her attributes came with her, out of the cache
    # why: add() takes a detached object as it is, however old: no INSERT, no SELECT. What is
    # why: changed in it is flushed as an UPDATE. If it may be stale, refresh() it after add().
    assert ada.fullname == "Ada Lovelace"


def test_handing_an_object_to_another_session(
    session: Session, other_session: Session, statements: list[str], observer: Connection
) -> None:
    """One session has loaded and changed ada, the other is to save her. Make way for that."""
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"

    # hint: Without this line add() says: "is already attached to session". An object has one.
    # hint: The first session has to let go of her. The change must not be lost by that.
    # wrong: session.commit() -- saves the change and ends the transaction, but keeps the object
    # wrong: session.expire(ada) -- throws the change away, and keeps the object
    # wrong: ada = other_session.get_one(User, 1) -- that is another object, without the change
    # why: An object is in one session at most: expunge() or close() first. add() reaches along
    # why: relationships as well, so that a new Address(user=ada) is refused in the same way.
    session.expunge(ada)
    other_session.add(ada)
    other_session.commit()

    assert statements == ["SELECT", "UPDATE"]
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_a_change_without_reading_first(
    session: Session, statements: list[str], observer: Connection
) -> None:
    """There is a user 1, and that is all you need to know. Make `ada` an object that has a row."""
    ada = User(id=1)

    # hint: add() INSERTs what is transient. In which state does it take an object as saved?
    # hint: orm has a function whose name says from which state to which it takes an object.
    # wrong: ada = session.get_one(User, 1) -- reads first
    # wrong: orm.make_transient(ada) -- that is what she is: add() would INSERT her
    # wrong: session.merge(ada) -- reads first, and ada herself stays as she is
    # why: make_transient_to_detached() has SQLAlchemy believe that ada was loaded: what is set
    # why: by then counts as read from the row, the rest as expired, and only later changes are
    # why: sent. If there is no such row, the UPDATE fails with a StaleDataError.
    orm.make_transient_to_detached(ada)
    session.add(ada)
    ada.fullname = "Countess of Lovelace"
    session.commit()

    assert statements == ["UPDATE"]
    assert observer.scalar(select(User.fullname).where(User.id == 1)) == "Countess of Lovelace"


def test_copying_a_row(session: Session, other_session: Session) -> None:
    """Write `copy_of`: a new product, with the stock and the tags of the old one."""

    def copy_of(product: Product, name: str) -> Product:
        # hint: The old product stays what it is. Which values does the new one need?
        # hint: The key is not among them: the new row gets its own.
        # wrong: orm.make_transient(product) -- no copy: the old object has the new row, and no tags
        #        product.id, product.name = None, name
        #        return product
        # wrong: session.expunge(product) -- a detached object has its row: that row is renamed
        #        product.name = name
        #        return product
        # wrong: product.id, product.name = None, name -- an UPDATE that sets the row's key to NULL
        #        return product
        # why: A copy is a new object, made of the values you want. make_transient() makes no copy,
        # why: it makes the one object forget its row: it keeps its key until you take it away,
        # why: what was not loaded reads None, and no link to a tag is new, so that none is saved.
        return Product(name=name, stock=product.stock, tags=list(product.tags))

    compass = session.get_one(Product, 1)
    session.add(copy_of(compass, "pocket compass"))
    session.commit()

    products = other_session.scalars(select(Product).order_by(Product.id)).all()
    assert [(product.name, product.stock, len(product.tags)) for product in products] == [
        ("compass", 10, 2),
        ("abacus", 3, 1),
        ("pocket compass", 10, 2),
    ]
