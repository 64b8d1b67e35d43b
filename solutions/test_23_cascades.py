"""Cascades.

What you do to one object, a relationship can pass on to the objects that it refers to. Its cascade
says what: by default add() and merge(), and nothing else. In the models here User.addresses has
the default, User.purchases has "all", and Purchase.items has "all, delete-orphan", since an item
is a part of its purchase.

https://docs.sqlalchemy.org/en/21/orm/cascades.html
"""

import pytest
from sqlalchemy import Connection, exc, inspect, select
from sqlalchemy.orm import Session

from katas.models import Address, Item, Purchase, User


def test_what_one_add_brings_along(session: Session) -> None:
    compass = Item(name="compass")
    ruler = Item(name="ruler")
    barbara = User(name="barbara", purchases=[Purchase(items=[compass, ruler])])

    session.add(barbara)

    # hint: The user refers to a purchase, the purchase to its items.
    # hint: How far does the save-update cascade go along the relationships?
    # wrong: 1 -- by default, whatever she refers to is added with her
    # wrong: 2 -- the purchase passes it on in its turn: the items come too
    # wrong: 0 -- add() makes objects pending, and session.new has all that are pending
    # why: save-update goes from object to object, as far as relationships lead.
    assert len(session.new) == 4


def test_which_side_of_a_relationship_saves(session: Session) -> None:
    alan = session.get_one(User, 3)
    at_bletchley = Address(email="alan@bletchley.example")
    at_manchester = Address(email="alan@manchester.example")

    alan.addresses.append(at_bletchley)
    at_manchester.user = alan

    assert alan.addresses == [at_bletchley, at_manchester]
    # hint: Both are in alan's list. On which object did each of the two lines set something?
    # hint: The cascade starts at the object that you set something on, if that has a session.
    # wrong: [at_bletchley, at_manchester] -- true until 1.4: now alan.addresses gets it, no more
    # wrong: [] -- what is appended to a collection of a session's object joins the session
    # wrong: [at_manchester] -- the other way round: it is alan who is in the session
    # why: append() is done to alan, who is in the session. at_manchester.user = alan is done to an
    # why: address that is in none. It shows up in the list, but the flush will leave it out, with
    # why: no more than a warning: "Object of type <Address> not in session".
    assert list(session.new) == [at_bletchley]


def test_an_address_that_would_be_lost(session: Session, observer: Connection) -> None:
    """The address knows its user. See to it that the commit saves it, in one call."""
    alan = session.get_one(User, 3)
    address = Address(email="alan@bletchley.example", user=alan)

    # hint: Which state is the address in?
    # hint: Setting address.user has told the address about alan, and the session nothing.
    # wrong: address.user_id = alan.id -- the foreign key is right, and still it is in no session
    # wrong: session.flush() -- warns that the address is not in the session, and leaves it out
    # wrong: session.refresh(alan) -- reads alan's row again, and there is no new address in it
    # why: What no cascade brings into the session has to be added itself.
    session.add(address)
    session.commit()

    emails = observer.scalars(select(Address.email).where(Address.user_id == 3)).all()
    assert emails == ["alan@bletchley.example"]


def test_what_is_left_of_the_children(session: Session, observer: Connection) -> None:
    grace = session.get_one(User, 2)

    session.delete(grace)
    session.commit()

    # hint: Addresses 1 and 2 are ada's, address 3 is grace's. User.addresses has the default.
    # hint: The default passes on no delete. But a foreign key must not point to nobody.
    # wrong: [1, 1] -- for that the relationship needs the delete cascade
    # wrong: [1, 1, 2] -- there is no user 2, and the foreign key is enforced
    # why: Without a delete cascade the children are loaded, and their foreign key is set to
    # why: NULL before the parent's DELETE. Where the column is NOT NULL, that is an error.
    assert observer.scalars(select(Address.user_id).order_by(Address.id)).all() == [1, 1, None]


def test_what_a_delete_takes_along(session: Session, observer: Connection) -> None:
    ada = session.get_one(User, 1)

    session.delete(ada)
    session.commit()

    # hint: Ada has purchase 1, with items 1 and 2. Item 3 belongs to grace's purchase.
    # hint: "all" has delete in it, and so has "all, delete-orphan".
    # wrong: ["cards", "ink", "clock"] -- the delete goes on from purchases to items
    # wrong: [] -- grace's purchase is not reached from ada
    # why: The session loads the purchases and their items, and DELETEs row by row, children first.
    # why: That is session.delete(): the statement delete(User) knows nothing of cascades.
    assert observer.scalars(select(Item.name).order_by(Item.id)).all() == ["clock"]


def test_what_taking_out_of_a_list_means(session: Session, statements: list[str]) -> None:
    """User.purchases has the cascade "all": that includes delete, but not delete-orphan."""
    grace = session.get_one(User, 2)
    grace.purchases.clear()

    with pytest.raises(exc.IntegrityError):
        session.flush()

    # hint: Nobody called session.delete(). The purchase was only taken out of a list.
    # hint: purchase.user_id must not be NULL, and the database has refused something.
    # wrong: "DELETE" -- "all" is not all: it leaves delete-orphan out
    # wrong: "SELECT" -- a SELECT violates nothing: something was to be written
    # why: Out of the list means unlinked: the foreign key is set to NULL, which is refused here.
    # why: delete acts when the parent is deleted, delete-orphan when a child is unlinked.
    assert statements[-1] == "UPDATE"


def test_what_becomes_of_an_orphan(session: Session) -> None:
    """Purchase.items has the cascade "all, delete-orphan"."""
    purchase = session.get_one(Purchase, 1)
    cards = purchase.items[0]
    purchase.items.remove(cards)
    assert cards not in session.deleted

    session.flush()

    # hint: The list was changed before, but it is the flush that asks who has no parent.
    # hint: After the DELETE, and before the transaction has ended: which state is that?
    # wrong: persistent -- without delete-orphan: then only the foreign key would be set to NULL
    # wrong: detached -- that is what it becomes at commit
    # wrong: transient -- its row was deleted, but a rollback would still bring it back
    # why: The flush finds an item without a purchase, and DELETEs it. Until then nothing shows it:
    # why: session.deleted has only what was marked by session.delete().
    assert inspect(cards).deleted


def test_moving_a_child_to_another_parent(session: Session, observer: Connection) -> None:
    """Move the cards from ada's purchase to grace's. Mind the cascade: "all, delete-orphan"."""
    adas, graces = session.get_one(Purchase, 1), session.get_one(Purchase, 2)
    cards = adas.items[0]

    # hint: An item without a purchase is deleted by the next flush. When is the next flush?
    # hint: Give it its new parent: the relationship takes care of the old one.
    # wrong: adas.items.remove(cards) -- loading graces.items flushes, and the orphan is deleted
    #        graces.items.append(cards)
    # wrong: cards.purchase_id = 2 -- a foreign key set by hand is no parent: deleted as an orphan
    #        adas.items.remove(cards)
    # why: One assignment moves it: both lists follow, the flush is one UPDATE, and the item is
    # why: never an orphan. graces.items.append(cards) does the same.
    cards.purchase = graces
    session.commit()

    items = observer.execute(select(Item.name, Item.purchase_id).order_by(Item.id)).all()
    assert items == [("cards", 2), ("ink", 1), ("clock", 2)]
