"""The session as opponent.

Here you write down how you think the session behaves, and the test looks for the shortest story
in which it behaves otherwise. A story is a little program; the lines that it is made up of stand
above the kata. Beside each line is what was seen when it had run, and on the last line you and
the session part: there your model has to change.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#quickie-intro-to-object-states
"""

from contextlib import suppress

import pytest
from sqlalchemy import Connection, Engine, delete, exc, select, text, update
from sqlalchemy.orm import CascadeOptions, Session
from sqlalchemy.orm import exc as orm_exc

from dojo.opponent import (
    ACTS,
    WAITS,
    Library,
    OneAttribute,
    OneObject,
    OneRow,
    Rival,
    Story,
    TwoShelves,
    stories,
)
from katas.models import Account, Product, Tag, User, product_tag

Table = dict[str, dict[str, str]]
"""By line of a story: which state it leads to from which. From all others, to the same again."""


@stories(
    "session.add(account)",
    "session.flush()",
    "session.delete(account)",
    "session.commit()",
    "session.expunge(account)",
    "session.close()",
    "account = session.merge(account)",
)
def test_which_state_each_call_leads_to(engine: Engine, story: Story) -> None:
    """Complete the table: what has to be in it of each call? What raises an error is "refused".

    A persistent object that is in session.deleted is "marked" here.
    """
    after: Table = {"session.add(account)": {"transient": "pending", "detached": "persistent"}}
    after["session.add(account)"] |= {"deleted": "refused", "marked": "persistent"}
    after["session.flush()"] = ___
    after["session.delete(account)"] = ___
    after["session.commit()"] = ___
    after["session.expunge(account)"] = {"transient": "refused", "detached": "refused"}
    after["session.expunge(account)"] |= ___
    after["session.close()"] = ___
    after["account = session.merge(account)"] = ___

    with Session(engine) as session:
        account = OneObject(session, Account(owner="annie", balance=0))
        account.play(story, model=lambda now, line: after[line].get(now, now))


@stories(
    "session.add(account)",
    "session.flush()",
    "session.delete(account)",
    "session.expunge(account)",
    "session.commit()",
    "session.rollback()",
    "savepoint = session.begin_nested()",
    "savepoint.rollback()",
)
def test_what_a_rollback_takes_back(engine: Engine, story: Story) -> None:
    """Write `after_rollback`: which state the account is in after a rollback.

    You are told which one it was in when the transaction (or savepoint) began, and which one now.
    """

    def after_rollback(at_begin: str, now: str) -> str:
        ___

    with Session(engine) as session:
        account = OneObject(session, Account(owner="annie", balance=0))
        account.play(
            story,
            model=lambda now, line: (
                after_rollback(account.at_begin[line], now) if line in account.at_begin else None
            ),
        )


class Model:
    """What you think becomes of ada.fullname. There is a method for each line of a story."""

    def __init__(self) -> None:
        self.loaded: str | None = "Ada Lovelace"  # what the object holds; None if it is expired
        self.changed = False  # whether that is still to be flushed
        self.row = "Ada Lovelace"  # what this transaction sees in the database
        self.committed = "Ada Lovelace"  # what the others see there

    def set(self, value: str) -> None:
        self.loaded, self.changed = value, True

    def execute(self, value: str) -> None:
        self.row = value

    def flush(self) -> None:
        if self.changed and self.loaded is not None:
            self.row, self.changed = self.loaded, False

    def commit(self) -> None:
        ___

    def rollback(self) -> None:
        ___

    def expire(self) -> None:
        ___

    def refresh(self) -> None:
        ___

    def read(self) -> str:
        if self.loaded is None:
            self.loaded = self.row
            return f"{self.loaded!r}, with a SELECT"
        return f"{self.loaded!r}, without SQL"


@stories(
    "fullname = ada.fullname",
    "ada.fullname = 'Countess'",
    "ada.fullname = 'Lady'",
    "session.connection().execute(rename_to_augusta)",
    "session.flush()",
    "session.commit()",
    "session.rollback()",
    "session.expire(ada)",
    "session.refresh(ada)",
)
def test_what_an_attribute_reads(
    engine: Engine, statements: list[str], observer: Connection, story: Story
) -> None:
    """Complete the methods of `Model`, above: what you think becomes of ada.fullname."""
    observer.execute(text("UPDATE user_account SET fullname = 'Ada Lovelace' WHERE id = 1"))
    rename = text("UPDATE user_account SET fullname = 'Augusta' WHERE id = 1")

    with Session(engine) as session:
        ada = session.get_one(User, 1)
        OneAttribute(session, statements, ada, rename_to_augusta=rename).play(story, Model())


@stories(
    "ada = session.get(User, 1)",
    "ada.fullname = 'Countess'",
    "ada = None",
    "session.flush()",
    "session.commit()",
    "session.expire_all()",
)
def test_what_the_identity_map_holds(engine: Engine, statements: list[str], story: Story) -> None:
    """Complete the table: what becomes of the object that the session has of row 1, if any.

    Either there is "nothing", or it is "loaded", "expired" or "changed". When it is changed and
    no variable refers to it, it is "kept". Then say when session.get() sends a SELECT.
    """
    after: Table = {"ada.fullname = 'Countess'": {"loaded": "changed"}}
    after["ada = session.get(User, 1)"] = ___
    after["ada = None"] = ___
    after["session.flush()"] = ___
    after["session.commit()"] = ___
    after["session.expire_all()"] = after["session.commit()"]
    selects = ___

    with Session(engine) as session:
        OneRow(session, statements, User).play(
            story, model=lambda now, line: after[line].get(now, now), selects=selects
        )


@pytest.fixture
def library(engine: Engine) -> Library:
    """Shelves and books: see dojo/opponent/library.py."""
    return Library(engine)


class Fate:
    """What you think becomes of a book. There is a method for each line of a story."""

    def __init__(self, cascade: CascadeOptions, nullable: bool) -> None:
        self.cascade = cascade  # of Shelf.books: see cascade.delete and cascade.delete_orphan
        self.nullable = nullable  # whether the column book.shelf_id is
        self.shelf = "NULL"  # or "here", or "there"
        self.in_session = self.has_row = self.is_marked = False  # marked to be deleted

    def add(self) -> None:
        self.in_session = True

    def append(self, shelf: str) -> None:
        self.shelf, self.in_session = shelf, True

    def assign(self, shelf: str) -> None:
        ___

    def remove(self) -> None:
        self.shelf = "NULL"
        if self.cascade.delete_orphan and not self.has_row:
            self.in_session = False  # a new orphan leaves the session at once

    def delete_here(self) -> None:
        ___

    def commit(self) -> str:
        if not self.in_session:
            return "no row"
        ___
        self.has_row = True
        return self.shelf


@pytest.mark.filterwarnings("ignore:Object of type")
@stories(
    "session.add(book)",
    "here.books.append(book)",
    "book.shelf = there",
    "book.shelf.books.remove(book)",
    "session.delete(here)",
    "session.commit()",
    first=[
        "here, there, book = library('save-update, merge', nullable=True)",
        "here, there, book = library('save-update, merge', nullable=False)",
        "here, there, book = library('all', nullable=True)",
        "here, there, book = library('all, delete-orphan', nullable=False)",
    ],
)
def test_what_a_commit_leaves_of_a_child(engine: Engine, library: Library, story: Story) -> None:
    """Complete the methods of `Fate`, above: which row of a book you think a commit leaves.

    The shelves have rows, the book is new. `library` makes them, Shelf.books with this cascade
    and book.shelf_id nullable or not. Only commit() flushes.
    """
    with Session(engine, autoflush=False) as session:
        TwoShelves(session, library, Fate).play(story)


def deposit_10(session: Session) -> None:
    """What somebody else does in the meantime."""
    session.get_one(Account, 1).balance += 10


@stories(WAITS, ACTS, count=60)
def test_a_deposit_that_nobody_loses(engine: Engine, observer: Connection, story: Story) -> None:
    """Write `deposit`: it adds 5 to the balance of ada's account, and commits.

    Before any of your statements, somebody else may commit a deposit of 10 to the same account.
    """

    def deposit(session: Session) -> None:
        ___

    observer.execute(update(Account).where(Account.id == 1).values(balance=100))
    rival = Rival(story, engine, act=deposit_10)

    with rival.at_work() as session:
        deposit(session)

    balance = observer.scalar(select(Account.balance).where(Account.id == 1))
    rival.compare("the balance", 100 + 5 + 10 * rival.times, balance)


def make_naval(session: Session) -> None:
    """What somebody else does in the meantime."""
    if session.scalar(select(Tag).where(Tag.name == "naval")) is None:
        session.add(Tag(name="naval"))


def forget(observer: Connection) -> None:
    """Delete what the last story made."""
    observer.execute(delete(product_tag).where(product_tag.c.product_id > 2))
    observer.execute(delete(Product).where(Product.id > 2))
    observer.execute(delete(Tag).where(Tag.id > 2))


@pytest.mark.filterwarnings("ignore:Object of type")
@stories(WAITS, ACTS, count=60)
def test_a_tag_that_is_made_once(engine: Engine, observer: Connection, story: Story) -> None:
    """Write `get_or_create`: the tag of that name, a new one if there is none.

    Before any of your statements, somebody else may commit a tag of that name. The caller has
    something pending, which must not be lost. The session does not autoflush.
    """

    def get_or_create(session: Session, name: str) -> Tag:
        ___

    forget(observer)
    rival = Rival(story, engine, act=make_naval)

    with rival.at_work(autoflush=False) as session:
        sextant = Product(name="sextant")
        session.add(sextant)
        sextant.tags = [get_or_create(session, "naval")]
        session.commit()

    tags = select(Tag.name).join(Tag.products).where(Product.name == "sextant")
    rival.compare("the list of the sextant's tags", ["naval"], observer.scalars(tags).all())


class NotEnoughError(Exception):
    """There is less in the account than was to be withdrawn."""


def deposit_to_grace(session: Session, amount: int) -> None:
    session.get_one(Account, 2).balance += amount


def withdraw_from_ada(session: Session, amount: int) -> None:
    ada = session.get_one(Account, 1)
    if ada.balance < amount:
        raise NotEnoughError
    ada.balance -= amount


def pay_10(session: Session) -> None:
    """What somebody else does in the meantime."""
    deposit_to_grace(session, 10)
    session.get_one(Account, 1).balance -= 10


@stories(WAITS, ACTS, count=60)
def test_a_payment_that_is_made_once(engine: Engine, observer: Connection, story: Story) -> None:
    """Write `pay`: deposit to grace, withdraw from ada, and commit; all of it, or nothing.

    Call the two functions above. Before any of your statements, somebody else may pay 10 from ada
    to grace. The caller catches NotEnoughError, and may go on to commit.
    """

    def pay(session: Session, amount: int) -> None:
        ___

    observer.execute(update(Account).values(balance=100))
    rival = Rival(story, engine, act=pay_10)
    paid = 0

    with rival.at_work() as session:
        with suppress(NotEnoughError):
            pay(session, 85)
            paid = 85
        session.commit()

    transferred = 10 * rival.times + (paid if rival.times > 1 else 85)
    balances = observer.scalars(select(Account.balance).order_by(Account.id)).all()
    rival.compare("what the two have", [100 - transferred, 100 + transferred], balances)
