"""The session as opponent.

Here you write down how you think the session behaves, and the test looks for the shortest story
in which it behaves otherwise. A story is a little program; the lines that it is made up of stand
above the kata. Beside each line is what was seen when it had run, and on the last line you and
the session part: there your model has to change.

https://docs.sqlalchemy.org/en/21/orm/session_state_management.html#quickie-intro-to-object-states
"""

from typing import Any

from sqlalchemy import Connection, Engine, exc, inspect, select, text, update
from sqlalchemy.orm import Session

from dojo.opponent import ACTS, WAITS, Rival, Story, stories
from katas.models import Account, User

Table = dict[str, dict[str, str]]
"""By line of a story: which state it leads to from which. From all others, to the same again."""


def state(account: Account) -> str:
    """The name of its state. Persistent objects that are in session.deleted are "marked" here."""
    session = inspect(account).session
    if session and account in session.deleted:
        return "marked"
    states = ("transient", "pending", "persistent", "deleted", "detached")
    return next(name for name in states if getattr(inspect(account), name))


def is_over(account: Account, line: str) -> bool:
    """What was deleted is not deleted again, nor is it added once the session has let go of it."""
    lines = ["session.delete(account)"]
    if not inspect(account).deleted:
        lines.append("session.add(account)")
    return inspect(account).was_deleted and line in lines


@stories(
    "session.add(account)",
    "session.flush()",
    "session.delete(account)",
    "session.commit()",
    "session.expunge(account)",
)
def test_which_state_each_call_leads_to(engine: Engine, story: Story) -> None:
    """Complete the table: what has to be in it of each call? What raises an error is "refused"."""
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
    # hint: What is not in the session can't be taken out of it.
    # hint: Of what is taken out, some stands for a row, and some does not.
    # wrong: { -- an object that stands for a row keeps its key, also outside of the session
    #            "pending": "transient",
    #            "persistent": "transient",
    #            "marked": "transient",
    #            "deleted": "transient",
    #            "transient": "refused",
    #            "detached": "refused",
    #        }
    # wrong: { -- what is pending has no key yet: it is as if it had not been added
    #            "pending": "detached",
    #            "persistent": "detached",
    #            "marked": "detached",
    #            "deleted": "detached",
    #            "transient": "refused",
    #            "detached": "refused",
    #        }
    # why: Detached is what stands for a row and is in no session. Without a row, it is transient.
    after["session.expunge(account)"] = {
        "pending": "transient",
        "persistent": "detached",
        "marked": "detached",
        "deleted": "detached",
        "transient": "refused",
        "detached": "refused",
    }

    with Session(engine) as session:
        account = Account(owner="annie", balance=0)
        story.play(
            {"session": session, "account": account},
            look=lambda line: state(account),
            model=lambda before, line: after[line].get(before or "", before),
            refusal=exc.InvalidRequestError,
            leave_out=lambda line: is_over(account, line),
        )


class Transaction:
    """An account in a session, and the states it was in when transaction and savepoint began."""

    def __init__(self, session: Session, account: Account) -> None:
        self.names: dict[str, Any] = {"session": session, "account": account, "savepoint": None}
        self.account = account
        self.at_begin: dict[str, str] = {}

    def look(self, line: str) -> str:
        now = state(self.account)
        if line in ("", "session.commit()", "session.rollback()"):
            self.at_begin["session.rollback()"] = now
        elif line == "savepoint = session.begin_nested()":
            self.at_begin["savepoint.rollback()"] = now
        return now

    def leave_out(self, line: str) -> bool:
        """One savepoint at a time, and none for an account that is deleted."""
        savepoint = self.names["savepoint"]
        is_open = savepoint is not None and savepoint.is_active
        if line == "savepoint = session.begin_nested()":
            return is_open or state(self.account) in ("marked", "deleted")
        return is_over(self.account, line) or (line == "savepoint.rollback()" and not is_open)


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
        told = Transaction(session, Account(owner="annie", balance=0))
        story.play(
            told.names,
            look=told.look,
            model=lambda now, line: (
                after_rollback(told.at_begin[line], now) if now and line in told.at_begin else None
            ),
            refusal=exc.InvalidRequestError,
            leave_out=told.leave_out,
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

    def after(self, line: str) -> str | None:
        match line.split(" = "):
            case ["fullname", "ada.fullname"]:
                return self.read()
            case ["ada.fullname", value]:
                self.set(value.strip("'"))
            case _ if "execute" in line:
                self.execute("Augusta")
            case _:
                getattr(self, line.partition("(")[0].removeprefix("session."))()
        return None


RENAME = text("UPDATE user_account SET fullname = 'Augusta' WHERE id = 1")


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
    model = Model()

    with Session(engine) as session:
        ada = session.get_one(User, 1)
        names = {"session": session, "ada": ada, "rename_to_augusta": RENAME}

        def look(line: str) -> str | None:
            sql = "with a SELECT" if statements == ["SELECT"] else "without SQL"
            statements.clear()
            return f"{names['fullname']!r}, {sql}" if line.startswith("fullname") else None

        story.play(
            names,
            look=look,
            model=lambda before, line: model.after(line),
            leave_out=lambda line: line == f"ada.fullname = {inspect(ada).dict.get('fullname')!r}",
        )


GET = "ada = session.get(User, 1)"


def play_with_map(
    story: Story, session: Session, statements: list[str], after: Table, selects: set[str]
) -> None:
    """Compare what is said with what the identity map has of row 1, and with the SQL of get()."""
    names: dict[str, Any] = {"session": session, "User": User, "ada": None}

    def now() -> str:
        ada = session.identity_map.get(session.identity_key(User, 1))
        if ada is None:
            return "nothing"
        if ada in session.dirty:
            return "changed" if names["ada"] is ada else "kept"
        return "expired" if inspect(ada).expired else "loaded"

    def look(line: str) -> str:
        sql = "with a SELECT" if "SELECT" in statements else "without SQL"
        statements.clear()
        return f"{now()}, {sql}" if line == GET else now()

    def model(seen: str | None, line: str) -> str:
        before = (seen or "").partition(",")[0]
        sql = "with a SELECT" if before in selects else "without SQL"
        said = after[line].get(before, before)
        return f"{said}, {sql}" if line == GET else said

    def leave_out(line: str) -> bool:
        if line == GET:
            return False
        return now() == "nothing" or (line.startswith("ada.") and now() != "loaded")

    story.play(names, look=look, model=model, leave_out=leave_out)


@stories(
    GET,
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
    after[GET] = {"nothing": "loaded", "expired": "loaded", "kept": "changed"}
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
        play_with_map(story, session, statements, after, selects)


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
