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

    assert (sent_for_lists, len(statements)) == ___


def test_users_and_what_they_bought(session: Session, statements: list[str]) -> None:
    """Have the purchases and their items loaded with the users: three statements for all."""
    query = select(User).order_by(User.id)

    query = query.options(___)
    users = session.scalars(query).all()

    items = [item.name for user in users for purchase in user.purchases for item in purchase.items]
    assert items == ["cards", "ink", "clock"]
    assert statements == ["SELECT", "SELECT", "SELECT"]


def test_everybody_in_one_statement(session: Session, statements: list[str]) -> None:
    """Load all users with their addresses: each user once, and all of it in one statement."""
    query = select(User).order_by(User.id)

    users = ___

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

    assert (len(ada_here.addresses), len(ada_there.addresses)) == ___


def test_what_an_option_does_to_a_loaded_list(session: Session) -> None:
    ada = session.get_one(User, 1)
    assert [address.id for address in ada.addresses] == [1, 2]
    session.execute(text("UPDATE address SET user_id = 1 WHERE id = 3"))

    query = select(User).order_by(User.id).options(orm.selectinload(User.addresses))
    users = session.scalars(query).all()

    assert [len(user.addresses) for user in users] == ___


def test_a_page_that_must_not_send_sql(session: Session) -> None:
    """The page shows ada's purchases. To read anything else is to be an error, not a SELECT."""
    query = select(User).where(User.name == "ada").options(orm.selectinload(User.purchases))

    query = query.options(___)
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

    assert (in_a_loop, in_batches) == ___


def test_recording_a_price(session: Session, observer: Connection) -> None:
    """Write `record`: the price is noted, unless it is the last one that was noted.

    Product.price_changes is write-only: it has add() and select(), and is never loaded.
    """

    def record(product: Product, price: int) -> None:
        ___

    compass = session.get_one(Product, 1)
    record(compass, 30)
    record(compass, 25)
    record(compass, 25)
    record(compass, 30)
    session.commit()

    prices = observer.scalars(select(PriceChange.price).order_by(PriceChange.id)).all()
    assert prices == [30, 25, 30]
