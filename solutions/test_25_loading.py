"""Loading.

A relationship is lazy by default: it is loaded when it is read, for one object at a time. In a loop
that is one query for the objects and N more for what they refer to. A loader option says in the
query what is to be loaded with it, and how: by a second SELECT, or by a join. It may also forbid
to load anything else. What is too much for memory is read in batches, or is never loaded at all.

https://docs.sqlalchemy.org/en/21/orm/queryguide/relationships.html
"""

import pytest
from sqlalchemy import Connection, exc, orm, select, text
from sqlalchemy.orm import Session

from katas.models import Address, PriceChange, Product, Purchase, User


def test_what_two_loops_send(session: Session, statements: list[str]) -> None:
    users = session.scalars(select(User).order_by(User.id)).all()
    assert [len(user.addresses) for user in users] == [2, 1, 0]
    sent_for_lists = len(statements)
    statements.clear()

    addresses = session.scalars(select(Address).order_by(Address.id)).all()
    assert [address.user for address in addresses] == [users[0], users[0], users[1]]

    # hint: A list is found by a query only. What does an address know of its user, once loaded?
    # hint: There are three users, and in the second loop they are all in the identity map.
    # wrong: (1, 1) -- the users came without their lists: each list is loaded when it is read
    # wrong: (2, 1) -- there is no SELECT for all the lists, unless the query asks for it
    # wrong: (4, 4) -- user_id is the user's key, and what has a known key is looked up in the map
    # wrong: (4, 3) -- grace is in the map as well as ada
    # why: N + 1: one SELECT for the users, and one for each list, empty ones too. In the other
    # why: direction the foreign key is the key of what is wanted, and the identity map is asked
    # why: first. Were no user loaded, it would be one SELECT for each user, not for each address.
    assert (sent_for_lists, len(statements)) == (4, 1)


def test_users_and_what_they_bought(session: Session, statements: list[str]) -> None:
    """Have the purchases and their items loaded with the users: three statements for all."""
    query = select(User).order_by(User.id)

    # hint: One of the options of orm sends a second SELECT, for the lists of all users found.
    # hint: The third SELECT is for lists in what the second has found: options can be chained.
    # wrong: orm.selectinload(User.purchases) -- the items are then loaded purchase by purchase
    # wrong: orm.selectinload(User.purchases), orm.selectinload(Purchase.items) -- no way there
    # wrong: orm.lazyload(User.purchases).lazyload(Purchase.items) -- the default: six SELECTs
    # why: selectinload() sends one SELECT for each relationship, WHERE user_id IN (1, 2, 3), and
    # why: one more for every further 500 parents. A path begins at what is queried for, and is
    # why: chained from there. An object that is loaded again after a commit brings its lists again.
    query = query.options(orm.selectinload(User.purchases).selectinload(Purchase.items))
    users = session.scalars(query).all()

    items = [item.name for user in users for purchase in user.purchases for item in purchase.items]
    assert items == ["cards", "ink", "clock"]
    assert statements == ["SELECT", "SELECT", "SELECT"]


def test_everybody_in_one_statement(session: Session, statements: list[str]) -> None:
    """Load all users with their addresses: each user once, and all of it in one statement."""
    query = select(User).order_by(User.id)

    # hint: An option of orm joins the addresses to the query, so that they come in its rows.
    # hint: A row for each address: ada comes twice. The result has a method that makes her one.
    # wrong: session.scalars(query.options(orm.selectinload(User.addresses))).all() -- that is two
    # wrong: session.scalars(query.options(orm.joinedload(User.addresses))).all() -- ada comes twice
    # wrong: session.scalars(query.join(User.addresses)).unique().all() -- no list is loaded by it
    # why: joinedload() is a LEFT OUTER JOIN, and alan comes too. Without unique() such a result is
    # why: refused. The user's columns are sent once for each address, and with two such lists for
    # why: each pair: for lists, selectinload() is mostly the better choice.
    users = session.scalars(query.options(orm.joinedload(User.addresses))).unique().all()

    addresses = [(user.name, len(user.addresses)) for user in users]
    assert addresses == [("ada", 2), ("grace", 1), ("alan", 0)]
    assert statements == ["SELECT"]


def test_which_addresses_are_in_the_list(session: Session, other_session: Session) -> None:
    """Ada is the one who has an address at home."""
    query = select(User).join(User.addresses).where(Address.email.like("%@home.%"))
    joined = query.options(orm.joinedload(User.addresses))
    contained = query.options(orm.contains_eager(User.addresses))

    ada_here = session.scalars(joined).unique().one()
    ada_there = other_session.scalars(contained).unique().one()

    # hint: Ada has two addresses. The query's own join finds her by one of them.
    # hint: One of the options adds a second join of its own, the other takes what you have joined.
    # wrong: (1, 1) -- the join of joinedload() is another one: your condition is not for it
    # wrong: (2, 2) -- contains_eager() fills the list from the rows found, and that is one row
    # wrong: (1, 2) -- the other way round: it is contains_eager() that takes your join
    # why: joinedload() loads the whole list, and no where() of yours reaches its join. With
    # why: contains_eager() your join fills the list, and your condition leaves it incomplete, for
    # why: everybody in this session, until it is expired. selectinload(User.addresses.and_(...))
    # why: has a condition too, and the same effect.
    assert (len(ada_here.addresses), len(ada_there.addresses)) == (2, 1)


def test_what_an_option_does_to_a_loaded_list(session: Session) -> None:
    ada = session.get_one(User, 1)
    assert [address.id for address in ada.addresses] == [1, 2]
    session.execute(text("UPDATE address SET user_id = 1 WHERE id = 3"))

    query = select(User).order_by(User.id).options(orm.selectinload(User.addresses))
    users = session.scalars(query).all()

    # hint: Address 3 was grace's, and its row is ada's now. Whose list was loaded before that?
    # hint: It is with a list as with any attribute: what does a query do to one that is loaded?
    # wrong: [3, 0, 0] -- ada's list was loaded already, and a query overwrites nothing
    # wrong: [2, 1, 0] -- grace's list was not: it is loaded now, from the rows as they are
    # wrong: [3, 1, 0] -- the address has one user_id: no query finds it for both
    # why: An option fills what is not loaded. A list that is loaded is not read again, nor filtered
    # why: by another condition: that takes populate_existing, or to expire it first. So the address
    # why: is in nobody's list now.
    assert [len(user.addresses) for user in users] == [2, 0, 0]


def test_a_page_that_must_not_send_sql(session: Session) -> None:
    """The page shows ada's purchases. To read anything else is to be an error, not a SELECT."""
    query = select(User).where(User.name == "ada").options(orm.selectinload(User.purchases))

    # hint: One of the options of orm forbids to load, by an error. For which relationships?
    # hint: Instead of a relationship, an option may be given a string which means "any".
    # wrong: orm.raiseload(User.addresses) -- the items of a purchase would still be loaded
    # wrong: orm.lazyload("*") -- that is what they do by default
    # wrong: orm.raiseload(Purchase.items) -- the query is for users: the path has to begin there
    # why: So N + 1 is found by the first test that meets it, and not by whoever reads the logs.
    # why: Don't rely on it after a commit: of what is loaded again then, the lists may be lazy.
    # why: For a model as a whole there is relationship(lazy="raise").
    query = query.options(orm.raiseload("*"))
    ada = session.scalars(query).one()

    assert [purchase.status for purchase in ada.purchases] == ["open"]
    with pytest.raises(exc.InvalidRequestError):
        assert ada.addresses
    with pytest.raises(exc.InvalidRequestError):
        assert ada.purchases[0].items


def test_how_many_objects_there_are_at_once(session: Session) -> None:
    query = select(User)
    stream = query.execution_options(yield_per=1)

    in_a_loop = max(len(session.identity_map) for user in session.scalars(query))
    in_batches = max(len(session.identity_map) for user in session.scalars(stream))

    # hint: The identity map holds what somebody refers to. In both loops you refer to one user.
    # hint: And the result? Does it make its objects one by one, or all before you get the first?
    # wrong: (1, 1) -- scalars() by itself does not stream: the result holds the objects of all rows
    # wrong: (3, 3) -- with yield_per the result holds one batch, and here that is one user
    # wrong: (1, 3) -- the other way round: it is yield_per that makes batches
    # why: With yield_per=1000, memory is needed for a thousand objects, however many there are;
    # why: partitions() hands them out as lists. joinedload() of a list does not go with it,
    # why: selectinload() does. Don't commit before the end: on a server that closes the cursor.
    assert (in_a_loop, in_batches) == (3, 1)


def test_recording_a_price(session: Session, observer: Connection) -> None:
    """Write `record`: the price is noted, unless it is the last one that was noted.

    Product.price_changes is write-only: it has add() and select(), and is never loaded.
    """

    def record(product: Product, price: int) -> None:
        # hint: product.price_changes.select() is a select() as any other, of this product's rows.
        # hint: You need the newest row, if there is one. Keys grow: order by them, the last first.
        # wrong: product.price_changes.add(PriceChange(price=price)) -- also if it is the same again
        # wrong: product.price_changes = [PriceChange(price=price)] -- refused: a list to assign to
        # wrong: session.add(PriceChange(price=price)) -- whose price? product_id is NULL
        # wrong: first = session.scalars(product.price_changes.select()).first() -- not the newest
        #        if first is None or first.price != price:
        #            product.price_changes.add(PriceChange(price=price))
        # why: Neither add() nor select() loads the list, however long it is. What is added waits
        # why: for a flush, and what you read is a query, which flushes first. There is no list to
        # why: be read as such: nobody loads a million rows by asking for their number.
        newest = product.price_changes.select().order_by(PriceChange.id.desc()).limit(1)
        last = session.scalars(newest).first()
        if last is None or last.price != price:
            product.price_changes.add(PriceChange(price=price))

    compass = session.get_one(Product, 1)
    record(compass, 30)
    record(compass, 25)
    record(compass, 25)
    record(compass, 30)
    session.commit()

    prices = observer.scalars(select(PriceChange.price).order_by(PriceChange.id)).all()
    assert prices == [30, 25, 30]
