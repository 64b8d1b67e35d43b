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
    # hint: Which two states does a flush end?
    # hint: It sends an INSERT for what is pending, and a DELETE for what is marked.
    # wrong: {"pending": "persistent", "marked": "detached"} -- not before the transaction ends
    # wrong: {"pending": "persistent"} -- and what is marked? its DELETE is sent as well
    # why: A flush makes rows of what is pending, and takes away the rows of what is marked.
    after["session.flush()"] = {"pending": "persistent", "marked": "deleted"}
    # hint: delete() sends nothing. And it needs something that stands for a row.
    # hint: A detached object stands for one. A transient and a pending one do not.
    # wrong: { -- delete() sends nothing: it is the flush that deletes
    #            "persistent": "deleted",
    #            "detached": "deleted",
    #            "transient": "refused",
    #            "pending": "refused",
    #        }
    # wrong: { -- what is detached stands for a row: delete() takes it into the session
    #            "persistent": "marked",
    #            "detached": "refused",
    #            "transient": "refused",
    #            "pending": "refused",
    #        }
    # wrong: { -- there is no row to delete: it is expunge() that takes back an add()
    #            "persistent": "marked",
    #            "detached": "marked",
    #            "transient": "refused",
    #            "pending": "transient",
    #        }
    # why: delete() marks what has a row, until the flush. It is not the opposite of add().
    after["session.delete(account)"] = {
        "persistent": "marked",
        "detached": "marked",
        "transient": "refused",
        "pending": "refused",
    }
    # hint: A commit flushes first. And what is deleted then, is deleted for good.
    # hint: An object whose row is gone for good has no place in the session.
    # wrong: {"pending": "persistent", "marked": "deleted"} -- deleted is what it is until COMMIT
    # wrong: { -- an object whose row is deleted does not become a new one: it keeps its key
    #            "pending": "persistent",
    #            "marked": "transient",
    #            "deleted": "transient",
    #        }
    # why: What a flush does, and then the transaction ends: the session lets go of the deleted.
    after["session.commit()"] = {
        "pending": "persistent",
        "marked": "detached",
        "deleted": "detached",
    }
    after["session.expunge(account)"] = {"transient": "refused", "detached": "refused"}
    # hint: Some of what is taken out of the session stands for a row, and some does not.
    # hint: Does it matter whether that row is there for everybody yet?
    # wrong: dict.fromkeys(("pending", "persistent", "marked", "deleted"), "transient") -- keys stay
    # wrong: dict.fromkeys(("pending", "persistent", "marked", "deleted"), "detached") -- no key yet
    # why: Detached is what stands for a row and is in no session. Without a row, it is transient.
    after["session.expunge(account)"] |= {
        "pending": "transient",
        "persistent": "detached",
        "marked": "detached",
        "deleted": "detached",
    }
    # hint: It ends the transaction, but how? And who is in the session then?
    # hint: What was added and not flushed is as it was before.
    # wrong: {"pending": "detached", "persistent": "detached", "marked": "detached"} -- no commit
    # wrong: {"pending": "transient", "persistent": "detached", "marked": "deleted"} -- no flush
    # wrong: {"pending": "transient", "marked": "persistent"} -- no object stays in the session
    # why: close() flushes nothing and rolls back. All objects are expunged, and none is refused.
    after["session.close()"] = {
        "pending": "transient",
        "persistent": "detached",
        "marked": "detached",
    }
    # hint: What it returns is in the session: which state has it if there is a row, and if not?
    # hint: To find out if there is a row, it may have to ask. What precedes a query?
    # wrong: {"transient": "pending", "detached": "persistent"} -- an autoflush comes first
    # wrong: dict.fromkeys(("transient", "pending", "detached"), "persistent") -- no flush after it
    # wrong: {"pending": "persistent"} -- the copy is in the session, although the original is not
    # why: merge() flushes, looks for the row, and returns the session's own object: another one
    # why: than the argument, unless that is in the session already. The argument stays out of it.
    after["account = session.merge(account)"] = {
        "transient": "pending",
        "pending": "persistent",
        "detached": "persistent",
    }

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
        # hint: A rollback takes back what the database did: INSERTs and DELETEs.
        # hint: Does it also take back an add() of what was detached, or an expunge()?
        # wrong: return at_begin -- expunge(), and add() of what was detached, are not taken back
        # wrong: return now -- an INSERT and a DELETE are taken back, and the objects follow
        # wrong: return "transient" if at_begin == "transient" else "persistent" -- or detached
        # wrong: return "transient" if now == "pending" else now -- a flush is taken back as well
        # why: What was new in the transaction is transient again, wherever it is now. What was
        # why: deleted has its row again. Which objects the session holds is not rolled back.
        if at_begin == "transient":
            return "transient"
        return "persistent" if now in ("marked", "deleted") else now

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
        # hint: First comes a flush. Then the row is everybody's. And then?
        # hint: The next transaction may find another value there: what does the object hold?
        # wrong: self.flush() -- and what does the object hold, when a new transaction begins?
        #        self.committed = self.row
        # wrong: self.committed, self.loaded = self.row, None -- a commit does not lose a change
        #        self.changed = False
        # wrong: self.flush() -- a rollback goes back to what was committed: and what is that now?
        #        self.loaded = None
        # why: commit() is a flush, a COMMIT, and the expiry of all that is loaded.
        self.flush()
        self.committed, self.loaded = self.row, None

    def rollback(self) -> None:
        # hint: What does the transaction see, when all that it did is taken back?
        # hint: Does the object go on holding what it held?
        # wrong: self.row = self.loaded = self.committed -- nothing is put back: it is read again
        #        self.changed = False
        # wrong: self.row, self.changed = self.committed, False -- what the object holds is expired
        # wrong: self.loaded, self.changed = None, False -- what was flushed is taken back as well
        # why: The row is what was last committed. The object holds nothing: its value is expired,
        # why: together with any change that was not flushed.
        self.row = self.committed
        self.loaded, self.changed = None, False

    def expire(self) -> None:
        # hint: Nothing is sent here. What does the object hold?
        # hint: And what becomes of a change that was not flushed?
        # wrong: self.flush() -- expire() sends nothing: the change is lost
        #        self.loaded = None
        # wrong: self.loaded, self.changed = self.row, False -- that is refresh()
        # wrong: self.loaded = None if not self.changed else self.loaded -- changed or not, it goes
        # why: Expired is as if never loaded, and with the value goes a change to it.
        self.loaded, self.changed = None, False

    def refresh(self) -> None:
        # hint: It sends its SELECT now.
        # hint: The row wins, or the object?
        # wrong: self.flush() -- what is to be refreshed is not flushed: the change is lost
        #        self.loaded = self.row
        # wrong: self.loaded, self.changed = None, False -- that is expire(): refresh() reads now
        # wrong: self.loaded, self.changed = self.committed, False -- it sees its own transaction
        # why: The object holds what the row holds. A change that was not flushed is lost.
        self.loaded, self.changed = self.row, False

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
    # hint: What is not there is read, and so is what is expired. What is there is found.
    # hint: And what was kept without a name? It has one now.
    # wrong: {"nothing": "loaded", "expired": "loaded"} -- what is kept has a variable again
    # wrong: {"nothing": "loaded", "kept": "changed"} -- what is expired is read, and then loaded
    # wrong: { -- what is changed is left as it is: get() does not read it again
    #            "nothing": "loaded",
    #            "expired": "loaded",
    #            "changed": "loaded",
    #            "kept": "loaded",
    #        }
    # why: get() gives you the object that is filed under the key, after reading what is expired.
    after["ada = session.get(User, 1)"] = {
        "nothing": "loaded",
        "expired": "loaded",
        "kept": "changed",
    }
    # hint: The variable was the only reference of yours.
    # hint: What does the session refer to strongly, and what weakly?
    # wrong: {} -- the map refers to what is unchanged only weakly: without you it is gone
    # wrong: {"loaded": "nothing", "expired": "nothing", "changed": "nothing"} -- no change is lost
    # wrong: {"loaded": "nothing", "changed": "kept"} -- nor is what is expired held by the map
    # why: The session holds on to what is to be saved, and to nothing else.
    after["ada = None"] = {"loaded": "nothing", "expired": "nothing", "changed": "kept"}
    # hint: When it is flushed there is nothing left to save.
    # hint: Then who still refers to the object?
    # wrong: {"changed": "loaded", "kept": "loaded"} -- once it is saved, nobody refers to it
    # wrong: {"changed": "expired", "kept": "nothing"} -- it is the commit that expires
    # why: After the flush it is an object like any other: it stays if you have it.
    after["session.flush()"] = {"changed": "loaded", "kept": "nothing"}
    # hint: A flush, and then?
    # hint: What is nobody's is not there to be expired.
    # wrong: {"changed": "loaded", "kept": "nothing"} -- a commit also expires all that is loaded
    # wrong: dict.fromkeys(("loaded", "changed", "kept"), "nothing") -- what you hold stays
    # why: What you have is expired, and still the object of its row. The rest is gone.
    after["session.commit()"] = {"loaded": "expired", "changed": "expired", "kept": "nothing"}
    after["session.expire_all()"] = after["session.commit()"]
    # hint: Two of the five answer get() by themselves.
    # hint: Which of the rest has no values?
    # wrong: {"nothing"} -- what is expired is in the map, but get() reads it again
    # wrong: {"nothing", "expired", "changed"} -- what is there, changed or not, is not read again
    # why: get() sends nothing for what is in the map and not expired.
    selects = {"nothing", "expired"}

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
        # hint: A shelf is in the session, and maybe the book is not. On which was something set?
        # hint: The cascade starts at the object that you set something on.
        # wrong: self.append(shelf) -- the backref fills the list, but passes on no add()
        # wrong: pass -- the book has a shelf now: whoever adds it later will see
        # why: What is appended to a shelf in the session joins the session. A book that is told
        # why: its shelf does not: true until 1.4, and no more.
        self.shelf = shelf

    def remove(self) -> None:
        self.shelf = "NULL"
        if self.cascade.delete_orphan and not self.has_row:
            self.in_session = False  # a new orphan leaves the session at once

    def delete_here(self) -> None:
        # hint: It goes on to the books that are on this shelf now, or it does not.
        # hint: If it does not, what are those books to refer to?
        # wrong: self.is_marked = self.cascade.delete -- and where is the book?
        # wrong: if self.shelf == "here": -- the default passes on no delete, and loses no row
        #            self.is_marked = True
        # wrong: if self.shelf == "here": -- only if the cascade has delete
        #            self.shelf = "NULL"
        # why: delete() goes along the cascade at once, to what is in the list at that moment. No
        # why: later move saves it. Without that cascade the foreign key is to be NULL.
        if self.shelf == "here":
            self.is_marked = self.cascade.delete
            self.shelf = "NULL"

    def commit(self) -> str:
        if not self.in_session:
            return "no row"
        # hint: What is without a shelf can be an orphan, a row with NULL, or a violation.
        # hint: Only one of the three cascades makes a DELETE of what nobody has deleted.
        # wrong: if self.is_marked: -- taken out of its list, a book may be an orphan
        #            return "no row"
        #        if self.shelf == "NULL" and not self.nullable:
        #            return "refused"
        # wrong: if self.is_marked or (self.shelf == "NULL" and self.cascade.delete): -- not "all"
        #            return "no row"
        #        if self.shelf == "NULL" and not self.nullable:
        #            return "refused"
        # wrong: if self.is_marked or (self.shelf == "NULL" and not self.nullable): -- no DELETE
        #            return "no row"
        # why: delete acts when the parent is deleted, delete-orphan when a child is without one
        # why: at the flush: moved in time it is none. The rest is for the column to allow.
        if self.is_marked or (self.shelf == "NULL" and self.cascade.delete_orphan):
            return "no row"
        if self.shelf == "NULL" and not self.nullable:
            return "refused"
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
        # hint: Whatever you have read may be out of date when you write.
        # hint: The database can add by itself: an UPDATE may have an SQL expression as the value.
        # wrong: session.get_one(Account, 1).balance += 5 -- the version has changed: it fails
        #        session.commit()
        # wrong: ada = Account.id == 1 -- no version is checked: the other one's deposit is lost
        #        balance = session.scalars(select(Account.balance).where(ada)).one()
        #        session.execute(update(Account).where(ada).values(balance=balance + 5))
        #        session.commit()
        # wrong: try: -- the other one may act again, before the second attempt has written
        #            session.get_one(Account, 1).balance += 5
        #            session.commit()
        #        except exc.SQLAlchemyError:
        #            session.rollback()
        #            session.get_one(Account, 1).balance += 5
        #            session.commit()
        # why: In one UPDATE the database reads and writes with nobody in between. Where the new
        # why: value takes Python to find, catch StaleDataError, roll back, and begin at the
        # why: beginning, as often as it takes. The version is counted for others who do that.
        session.execute(
            update(Account)
            .where(Account.id == 1)
            .values(balance=Account.balance + 5, version=Account.version + 1)
        )
        session.commit()

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
        # hint: Between a look and an INSERT there is room for somebody else. Who says it failed?
        # hint: What fails takes back the transaction, or the innermost savepoint.
        # wrong: named = select(Tag).where(Tag.name == name) -- it may be there when you INSERT
        #        tag = session.scalars(named).one_or_none()
        #        if tag is None:
        #            tag = Tag(name=name)
        #            session.add(tag)
        #            session.flush()
        #        return tag
        # wrong: return session.merge(Tag(name=name)) -- merge() looks for a key, and there is none
        # wrong: try: -- that rolls back all, also what the caller had pending
        #            tag = Tag(name=name)
        #            session.add(tag)
        #            session.flush()
        #            return tag
        #        except exc.IntegrityError:
        #            session.rollback()
        #            return session.scalars(select(Tag).where(Tag.name == name)).one()
        # wrong: tag = Tag(name=name) -- the savepoint saves the rest, but this tag is not in it
        #        with suppress(exc.IntegrityError), session.begin_nested():
        #            session.add(tag)
        #        return tag
        # why: Only the INSERT itself knows. In a savepoint it may fail, and nothing else is lost;
        # why: then the other one's row is there. In REPEATABLE READ, as by default in MySQL, it
        # why: can be there and not be seen: read it with_for_update(). Where the database can,
        # why: on_conflict_do_nothing() and a SELECT are shorter.
        try:
            with session.begin_nested():
                tag = Tag(name=name)
                session.add(tag)
            return tag
        except exc.IntegrityError:
            return session.scalars(select(Tag).where(Tag.name == name)).one()

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
        # hint: The accounts have a version: what does an UPDATE of an old one raise?
        # hint: And then: what is in the session, and what has to be read again, how often?
        # wrong: with session.begin(): -- all or nothing, but an old version fails: try again
        #            deposit_to_grace(session, amount)
        #            withdraw_from_ada(session, amount)
        # wrong: while True: -- what is committed halfway is done again, or is never made good
        #            with suppress(orm_exc.StaleDataError):
        #                deposit_to_grace(session, amount)
        #                session.commit()
        #                withdraw_from_ada(session, amount)
        #                session.commit()
        #                return
        #            session.rollback()
        # wrong: while True: -- after NotEnoughError the deposit is still in the session
        #            try:
        #                deposit_to_grace(session, amount)
        #                withdraw_from_ada(session, amount)
        #                return session.commit()
        #            except orm_exc.StaleDataError:
        #                session.rollback()
        # wrong: try: -- the rollback has expired the changes: there is nothing left to commit
        #            deposit_to_grace(session, amount)
        #            withdraw_from_ada(session, amount)
        #            session.commit()
        #        except orm_exc.StaleDataError:
        #            session.rollback()
        #            session.commit()
        # why: Each attempt is a transaction of its own, which begins with the reading. begin()
        # why: ends it: with a commit, or, whatever the error is, with a rollback.
        while True:
            try:
                with session.begin():
                    deposit_to_grace(session, amount)
                    withdraw_from_ada(session, amount)
                return
            except orm_exc.StaleDataError:
                continue

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
