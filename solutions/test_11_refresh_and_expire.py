"""Refresh and expire.

Two ways to have an object read again within a transaction. expire() erases attributes, which are
loaded when somebody reads them; refresh() erases them and sends the SELECT at once. Both may be
limited to attributes that you name. For whole lists of objects there is a third way: a query that
overwrites what is loaded, with the execution option populate_existing.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#session-expire
"""

from collections.abc import Sequence

from sqlalchemy import Connection, exc, inspect, select, text
from sqlalchemy.orm import Session

from katas.models import Product, User


def test_when_the_database_is_asked(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)

    session.expire(ada)
    after_expire = len(statements)
    session.refresh(ada)
    after_refresh = len(statements)
    assert ada.name == "ada"
    after_reading = len(statements)

    # hint: One SELECT has loaded ada. Which of the three lines below it need the database?
    # hint: One of the two methods only forgets, and the other leaves nothing to be loaded.
    # wrong: (2, 3, 3) -- expire() sends nothing: nobody has asked for a value yet
    # wrong: (1, 1, 2) -- refresh() does not wait to be asked: it has sent its SELECT by itself
    # wrong: (1, 2, 3) -- after refresh() all columns are loaded: reading one sends nothing
    # why: expire() forgets now and loads later, if at all; refresh() loads at once. What you may
    # why: not need again is better expired.
    assert (after_expire, after_refresh, after_reading) == (1, 2, 2)


def test_what_expire_all_throws_away(session: Session) -> None:
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"
    session.add(User(name="barbara"))

    session.expire_all()

    held = (len(session.identity_map), len(session.dirty), len(session.new))
    # hint: Objects and their attributes are two things. Which of them does expiry erase?
    # hint: A change that was not flushed was in an attribute. And who has a row to be loaded from?
    # wrong: (0, 0, 0) -- the objects stay in the session, emptied: no memory is won by it
    # wrong: (3, 1, 1) -- ada's change is erased with the attribute that held it
    # wrong: (3, 0, 0) -- what is pending has no row to be loaded from: it is left as it is
    # why: Every persistent object stays, without its attributes and without its unsaved changes.
    # why: To let the objects go is another method's work: expunge_all(), or close().
    assert held == (3, 0, 1)


def test_whose_changes_a_refresh_saves(session: Session, statements: list[str]) -> None:
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    session.add(User(name="barbara"))

    session.refresh(ada)

    # hint: refresh() is about to send a SELECT, so there is an autoflush. What has it to send?
    # hint: refresh() is expire() first, and then the rest.
    # wrong: ("Countess of Lovelace", ["SELECT", "UPDATE", "INSERT", "SELECT"]) -- not saved: erased
    # wrong: ("Ada Lovelace", ["SELECT", "SELECT"]) -- other objects are flushed before the SELECT
    # wrong: ("Countess of Lovelace", ["SELECT", "INSERT", "SELECT"]) -- it overwrites what was set
    # why: Her own change is erased before the autoflush comes to look for changes; all the others
    # why: are flushed. Whoever wants both, the change and the row, calls flush() first.
    assert (ada.fullname, statements) == ("Ada Lovelace", ["SELECT", "INSERT", "SELECT"])


def test_what_a_refresh_leaves_unloaded(session: Session) -> None:
    compass = session.get_one(Product, 1)
    assert [tag.name for tag in compass.tags] == ["brass", "travel"]
    assert compass.description is None
    attributes = {"name", "stock", "description", "tags"}
    assert attributes & inspect(compass).unloaded == set()

    session.refresh(compass)

    # hint: Two of the four were not loaded with the product, but when they were read.
    # hint: A refresh erases all, and loads what a query for the product would load.
    # wrong: set() -- it loads again as the mapping says, not what happened to be loaded before
    # wrong: {"tags"} -- description is a column, but a deferred one: it waits to be read as well
    # wrong: {"description"} -- a lazy relationship is not loaded by its parent's SELECT
    # wrong: {"name", "stock", "description", "tags"} -- that would be expire()
    # why: Erased is everything, loaded are the columns that are not deferred. The rest is loaded
    # why: when it is read: a refresh can thus cost more SELECTs than its own.
    assert attributes & inspect(compass).unloaded == {"description", "tags"}


def test_whom_a_session_can_refresh(session: Session, other_session: Session) -> None:
    def can_refresh(user: User) -> bool:
        try:
            session.refresh(user)
        except exc.InvalidRequestError:
            return False
        return True

    annie, barbara = User(name="annie"), User(id=40, name="barbara")
    ada, alan = session.get_one(User, 1), session.get_one(User, 3)
    grace = other_session.get_one(User, 2)
    session.execute(text("DELETE FROM user_account WHERE name = 'alan'"))
    session.add(barbara)

    users = (annie, barbara, grace, ada, alan)
    # hint: Go through the five: which state is each in, and in which session?
    # hint: A refresh needs an object of this very session, and a row that answers the SELECT.
    # wrong: [barbara, ada] -- she is pending: with an id, but without a row
    # wrong: [grace, ada] -- her row is there, but she is another session's object
    # wrong: [ada, alan] -- he is persistent, but no row comes back: "Could not refresh instance"
    # why: Only what is persistent in this session, and still has its row. A new object gets its
    # why: id from flush(), a detached one becomes readable by add() or merge().
    assert [user for user in users if can_refresh(user)] == [ada]


def test_taking_back_one_change(session: Session, observer: Connection) -> None:
    """Write `take_back`: the attribute's unsaved change is dropped, all else will be committed."""

    def take_back(user: User, attribute: str) -> None:
        # hint: An attribute that is erased has no change to be flushed.
        # hint: The method takes a list of names after the object. Whom would it hit without them?
        # wrong: session.expire(user) -- the user's other changes go as well
        # wrong: session.rollback() -- everybody's changes go
        # wrong: session.refresh(user, [attribute]) -- its autoflush sends the others' slips
        # why: With names, expire() erases these attributes only. It sends nothing, so it flushes
        # why: nothing either: the old value is loaded when somebody reads it.
        session.expire(user, [attribute])

    ada, grace = session.get_one(User, 1), session.get_one(User, 2)
    ada.name, ada.fullname = "augusta", "Agusta King"
    grace.name, grace.fullname = "garce", "Rear Admiral Hopper"

    take_back(ada, "fullname")
    take_back(grace, "name")
    session.commit()

    rows = observer.execute(select(User.name, User.fullname).order_by(User.id)).all()
    assert rows[:2] == [("augusta", "Ada Lovelace"), ("grace", "Rear Admiral Hopper")]


def test_what_has_to_be_there_without_a_session(session: Session) -> None:
    """Load ada's fullname and her addresses anew, at once, and keep her new name."""
    ada = session.get_one(User, 1)
    assert len(ada.addresses) == 2
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))
    session.execute(text("UPDATE address SET user_id = 1 WHERE id = 3"))
    ada.name = "augusta"

    # hint: After close() nothing can be loaded any more. Which of the methods loads at once?
    # hint: The attributes that you name may be columns and relationships, in one list.
    # wrong: session.refresh(ada) -- the new name is lost, and the addresses wait to be read
    # wrong: session.refresh(ada, ["addresses"]) -- the fullname is loaded, so it stays as it is
    # wrong: session.expire(ada, ["fullname", "addresses"]) -- loads later, and then it is too late
    # why: A refresh with names erases and loads just these, a lazy relationship among them if it is
    # why: named. What is not named keeps its value, and its change.
    session.refresh(ada, ["fullname", "addresses"])
    session.close()

    assert (ada.name, ada.fullname, len(ada.addresses)) == ("augusta", "Lady Lovelace", 3)


def test_products_after_a_raw_update(session: Session, statements: list[str]) -> None:
    """Write what `restock` returns: all products as they are now, by id, with one SELECT."""
    products = session.scalars(select(Product).order_by(Product.id)).all()

    def restock(amount: int) -> Sequence[Product]:
        raw = text("UPDATE product SET stock = stock + :amount")
        session.execute(raw, {"amount": amount})
        query = select(Product).order_by(Product.id)
        # hint: What does a query do with a row whose object is loaded? An option changes that.
        # hint: It is an execution option: scalars() takes execution_options={...}.
        # wrong: return session.scalars(query).all() -- the rows are new, but they overwrite nothing
        # wrong: session.expire_all() -- right, but each product then loads itself: N + 1 SELECTs
        #        return products
        # wrong: [session.refresh(product) for product in products] -- right, a SELECT for each
        #        return products
        # why: With populate_existing a query fills every object that it returns, loaded or not.
        # why: Unsaved changes are overwritten too, if autoflush has not sent them just before.
        return session.scalars(query, execution_options={"populate_existing": True}).all()

    assert restock(5) == products
    assert [product.stock for product in products] == [15, 8]
    assert statements == ["SELECT", "UPDATE", "SELECT"]
