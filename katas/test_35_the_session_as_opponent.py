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
    after["session.flush()"] = ___
    after["session.delete(account)"] = ___
    after["session.commit()"] = ___
    after["session.expunge(account)"] = ___

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
        ___

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
    after[GET] = ___
    after["ada = None"] = ___
    after["session.flush()"] = ___
    after["session.commit()"] = ___
    after["session.expire_all()"] = after["session.commit()"]
    selects = ___

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
        ___

    observer.execute(update(Account).where(Account.id == 1).values(balance=100))
    rival = Rival(story, engine, act=deposit_10)

    with rival.at_work() as session:
        deposit(session)

    balance = observer.scalar(select(Account.balance).where(Account.id == 1))
    rival.compare("the balance", 100 + 5 + 10 * rival.times, balance)
