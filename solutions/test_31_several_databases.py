"""Several databases.

A session can be bound to more than one engine. Of each statement, and of each row of a flush, its
get_bind() says which engine it is for, going by the class or by the table. So one session can
fill two databases. But no statement is sent to both, and each has a transaction of its own.

https://docs.sqlalchemy.org/en/21/orm/persistence_techniques.html#session-partitioning
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Delete,
    Engine,
    Executable,
    Insert,
    Update,
    delete,
    event,
    exc,
    select,
    text,
    union,
    update,
)
from sqlalchemy.orm import Session, close_all_sessions, sessionmaker

from dojo import database
from katas.models import Base, Product, Review, Tag, User, product_tag

NEW_NAMES = union(
    select(User.name.label("new")).where(User.id > 3),
    select(Product.name).where(Product.id > 2),
    select(Review.text).where(Review.id > 2),
).order_by("new")
STOCKS = select(Product.stock).order_by(Product.id)

UNANSWERED = (ConnectionError, exc.InvalidRequestError)
"""The error that is raised, and what SQLAlchemy before 2.0.51 made of it: its issue 13356."""


@pytest.fixture
def other_engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A second database, a SQLite file. It has the tables of the first one, and their rows."""
    other_engine = database.connect(database.copy_template(template, tmp_path / "other.db"))
    yield other_engine
    close_all_sessions()
    other_engine.dispose()


@pytest.fixture
def second_engine(engine: Engine, connect: Callable[[], Engine]) -> Iterator[Engine]:
    """Another engine for PostgreSQL, if that can promise a commit: it cannot by default."""
    [most] = read(engine, text("SHOW max_prepared_transactions"))
    if most == "0":
        pytest.skip("the server has max_prepared_transactions = 0: pytest katas/ --postgres")
    second_engine = connect()
    yield second_engine
    close_all_sessions()
    second_engine.dispose()


def read(engine: Engine, query: Executable) -> list[Any]:
    """What is committed in a database: the first column of each row."""
    with engine.connect() as connection:
        return list(connection.scalars(query))


def lose_the_second(what: str, *engines: Engine) -> None:
    """Of all that these engines are going to send of this kind, the second one does not arrive."""
    sent = count(1)

    def lose(*_: object) -> None:
        if next(sent) == 2:
            raise ConnectionError("no answer")

    for engine in engines:
        event.listen(engine, what, lose)


def test_where_three_new_rows_go(engine: Engine, other_engine: Engine) -> None:
    """A review has a foreign key to its product. Both databases have all the tables."""
    session = Session(binds={Base: engine, Product: other_engine})
    review = Review(text="well made", product_id=1)
    session.add_all([User(name="barbara"), Product(name="sextant"), review])

    session.commit()

    here, there = read(engine, NEW_NAMES), read(other_engine, NEW_NAMES)
    # hint: All models are subclasses of Base, so all three are in binds, in one way or another.
    # hint: Going up from a class to its bases, which entry is met first?
    # wrong: (["barbara", "sextant", "well made"], []) -- Product's own entry is nearer than Base's
    # wrong: (["barbara"], ["sextant", "well made"]) -- it is inheritance that counts, no key
    # wrong: (["barbara", "sextant", "well made"], ["sextant"]) -- a row goes to one of the two
    # why: For each row the session asks get_bind() for the engine, and the nearest class wins.
    # why: Nothing follows from a relationship: product and review are in two databases now, where
    # why: no foreign key and no join can connect them. Both took part in this transaction, each by
    # why: a connection of its own.
    assert (here, there) == (["barbara", "well made"], ["sextant"])


def test_a_table_that_has_no_class(engine: Engine, other_engine: Engine) -> None:
    """Products and tags are in the other database, and so is the table between them: say so."""
    session = Session(engine)
    session.bind_mapper(Product, other_engine)
    session.bind_mapper(Tag, other_engine)

    # hint: delete(product_tag) has no class to go by. What has it got?
    # hint: bind_mapper() is for a class. Look for the other method whose name begins like that.
    # wrong: session.bind = other_engine -- then users, and all the rest, would be sought there too
    # wrong: session.bind_mapper(Base, other_engine) -- all classes go there now, and not the table
    # wrong: session.connection(bind_arguments={"mapper": Tag}) -- connects, and routes nothing
    # why: A statement without a class is routed by its table. What is not bound goes to the default
    # why: engine, without a word, or is refused where there is none.
    session.bind_table(product_tag, other_engine)

    session.execute(delete(product_tag))
    session.commit()
    assert session.get_bind(User) is engine
    left = [len(read(each, select(product_tag))) for each in (engine, other_engine)]
    assert left == [3, 0]


def test_raw_sql_for_one_of_two_databases(engine: Engine, other_engine: Engine) -> None:
    """Products are in the other database. See to it that this statement goes there."""
    session = Session(binds={Base: engine, Product: other_engine})
    sell_out = text("UPDATE product SET stock = 0")

    # hint: The session does not read the text. What else does get_bind() go by?
    # hint: It is a dictionary, with an argument of get_bind(): the mapper that you mean.
    # wrong: {} -- refused: a text has neither a class nor a table by which to find an engine
    # wrong: {"mapper": User} -- goes where users are: there is a table of that name, too
    # wrong: {"mapper": Base} -- Base itself has no mapper: it is no class with a table
    # why: bind_arguments is passed on to get_bind(), from all methods that execute. It can also
    # why: name the engine itself: {"bind": other_engine}.
    session.execute(sell_out, bind_arguments={"mapper": Product})
    session.commit()

    assert (read(engine, STOCKS), read(other_engine, STOCKS)) == ([10, 3], [0, 0])


@pytest.mark.since("2.1.7")
def test_which_databases_a_transaction_is_in(engine: Engine, other_engine: Engine) -> None:
    session = Session(binds={Base: engine, Product: other_engine})
    assert set(session.binds.values()) == {engine, other_engine}

    transaction = session.begin()
    session.get_one(Product, 1)

    assert transaction.bound_connection(Product) in transaction.connections
    # hint: The session knows two engines. Which of them has been asked something?
    # hint: When does a session take a connection, if it has only one engine?
    # wrong: {engine, other_engine} -- begin() connects nowhere: each joins when SQL is sent there
    # wrong: {engine} -- so far, nobody has asked for anything that is kept there
    # wrong: set() -- a product was loaded, and for that a connection was needed
    # why: A database joins the transaction with the first SQL that is sent to it, and stays in it
    # why: until the end. The commit is then sent to all that have joined.
    assert {each.engine for each in transaction.connections} == {other_engine}


def test_a_commit_that_stops_halfway(engine: Engine, other_engine: Engine) -> None:
    """How many of the two rows are there in the end?"""
    session = Session(engine, binds={Product: other_engine})
    session.add_all([User(name="barbara"), Product(name="sextant")])
    lose_the_second("commit", engine, other_engine)

    with pytest.raises(ConnectionError):
        session.commit()
    session.invalidate()

    # hint: Two databases are two COMMITs, one after the other. What has the first one done?
    # hint: invalidate() gives up both connections. What is left undone by that, and what is not?
    # wrong: 0 -- the first COMMIT has arrived, and what is committed cannot be rolled back
    # wrong: 2 -- the second COMMIT failed, and nobody sends it again
    # why: commit() is no longer all or nothing, and you can't even choose which COMMIT goes first.
    # why: Two-phase commit (twophase=True) asks all before it commits in any, where the databases
    # why: can do that: SQLite can't. Else keep in one database what belongs together.
    assert len(read(engine, NEW_NAMES) + read(other_engine, NEW_NAMES)) == 1


@pytest.mark.only_on("postgresql")
def test_what_is_promised_and_what_is_saved(engine: Engine, second_engine: Engine) -> None:
    """With twophase=True, prepare() has each database promise that it will be able to commit.

    How many new rows are there: after a promise was refused, after both were given, at the end?
    """
    session = Session(engine, binds={Product: second_engine}, twophase=True)
    session.add_all([User(name="barbara"), Product(name="sextant")])
    lose_the_second("prepare_twophase", engine, second_engine)

    with pytest.raises(UNANSWERED):
        session.prepare()
    session.rollback()
    refused = len(read(engine, NEW_NAMES))
    session.add_all([User(name="annie"), Product(name="astrolabe")])
    session.prepare()
    promised = len(read(engine, NEW_NAMES))
    session.commit()

    # hint: The first database had given its promise, the second had not. Has anyone committed?
    # hint: What others see is what is committed. In which of the three cases is that anything?
    # wrong: (1, 2, 2) -- a promise is no commit, and a rollback takes it back in all of them
    # wrong: (0, 2, 2) -- the work is at the server, where it is safe, and nobody can see it yet
    # wrong: (1, 0, 2) -- in the first database there was a promise, and nothing was kept of it
    # why: Nothing is committed before all have promised, and what is promised outlives even a
    # why: crash. So, should a COMMIT be lost then, all can be saved yet: somebody has to find the
    # why: promise in pg_prepared_xacts, and send COMMIT PREPARED. Until then it keeps its locks.
    # why: commit() calls prepare() by itself. MariaDB can do all this as well.
    assert (refused, promised, len(read(engine, NEW_NAMES))) == (0, 0, 2)


def test_reading_from_a_replica(session: Session, other_engine: Engine) -> None:
    """Here the other database is a replica: it will hear of every change, but not at once."""
    ada = session.get_one(User, 1)
    ada.fullname = "Countess of Lovelace"
    find_ada, on_the_replica = select(User).where(User.id == 1), {"bind": other_engine}

    session.scalars(find_ada, bind_arguments=on_the_replica).one()
    shown = [ada.fullname]
    session.commit()
    session.scalars(find_ada, bind_arguments=on_the_replica).one()
    shown.append(ada.fullname)

    # hint: Both times the replica returns its old row, and the row belongs to the object ada.
    # hint: A loaded attribute is left as it is. What does the commit change about that?
    # wrong: ["Countess of Lovelace", "Countess of Lovelace"] -- the commit has expired ada
    # wrong: ["Ada Lovelace", "Ada Lovelace"] -- before the commit nothing of her was expired
    # wrong: ["Ada Lovelace", "Countess of Lovelace"] -- a commit does not reach a replica sooner
    # why: An expired object is filled by whichever row comes first, also by an old one: the change
    # why: is saved, and seems to be lost. Whoever writes should read where they write.
    assert shown == ["Countess of Lovelace", "Ada Lovelace"]


def test_writing_here_and_reading_there(
    engine: Engine, other_engine: Engine, statements: list[str]
) -> None:
    """Write `get_bind`: reads go to the other engine, whatever writes goes to `engine`.

    The statement, if there is one, is `clause`. While the session flushes, `_flushing` is true.
    """

    class RoutingSession(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **others: Any) -> Engine:
            # hint: Who writes? A flush does, and so do some of the statements of your own.
            # hint: A flush asks for the engine of a mapper. Has it a clause at that moment?
            # wrong: return engine if self._flushing else other_engine -- update() is no flush
            # wrong: return other_engine if clause is not None else engine -- update() has a clause
            # wrong: writes = isinstance(clause, Insert | Update | Delete) -- a flush has no clause
            #        return engine if writes else other_engine
            # why: get_bind() is made to be overridden. But a query now misses what this session
            # why: has flushed a line before. Simpler: two factories, one bound to each engine, and
            # why: whoever begins a job says whether it will write.
            if self._flushing or isinstance(clause, Insert | Update | Delete):
                return engine
            return other_engine

    with sessionmaker(class_=RoutingSession).begin() as session:
        session.get_one(User, 1).fullname = "Countess of Lovelace"
        session.execute(update(Product).values(stock=0))

    assert statements == ["UPDATE", "UPDATE"]
    assert (read(engine, STOCKS), read(other_engine, STOCKS)) == ([0, 0], [10, 3])
