"""Settings.

What a session is made with, it keeps: flags such as autoflush, execution options for all that it
sends, a dictionary for notes of your own, and its class. A sessionmaker is the place to say it once
for a whole program. It passes its settings on to each session that it makes, and what is said in
the call, or of one statement, comes before what was said in general.

https://docs.sqlalchemy.org/en/21/orm/session_api.html#sqlalchemy.orm.sessionmaker
"""

import pytest
from sqlalchemy import Connection, Engine, event, exc, select, text
from sqlalchemy.orm import Session, sessionmaker

from katas.models import Purchase, User


def test_what_is_noted_in_a_session(engine: Engine) -> None:
    """Session.info is a dictionary for what your program has to say of a session."""
    make_session = sessionmaker(engine, info={"app": "shop"})

    first = make_session(info={"clerk": "grace"})
    first.info["page"] = 7
    first.close()
    second = make_session()

    # hint: What the call says, and what the factory says: does the one replace the other?
    # hint: Is it the factory's own dictionary that a session has? And what does close() empty?
    # wrong: ({"clerk": "grace", "page": 7}, {"app": "shop"}) -- the call adds to what was there
    # wrong: ({"app": "shop"}, {"app": "shop"}) -- close() lets go of objects, and not of the notes
    # wrong: ({"app": "shop", "clerk": "grace", "page": 7},) * 2 -- each has a dictionary of its own
    # why: Each session begins with a copy of the factory's notes, and adds its own. SQLAlchemy
    # why: never looks at them, nor does it clear them, not even when the session is used again.
    assert (first.info, second.info) == (
        {"app": "shop", "clerk": "grace", "page": 7},
        {"app": "shop"},
    )


def test_a_factory_that_came_before_its_engine(engine: Engine) -> None:
    """Other modules have imported this factory. Now there is an engine: all are to use it."""
    make_session = sessionmaker(expire_on_commit=False)
    with make_session() as early, pytest.raises(exc.UnboundExecutionError):
        early.get(User, 1)

    # hint: All sessions to come shall have it. Who is to be told: a session, or the factory?
    # hint: The factory keeps its settings in make_session.kw, and has a method to change them.
    # wrong: make_session(bind=engine) -- makes one session with an engine, and throws it away
    # wrong: early.bind = engine -- one session, which was made before
    # wrong: sessionmaker(engine, expire_on_commit=False) -- another factory, and nobody has it
    # why: A factory's settings can be changed as long as the program runs, and count for the
    # why: sessions that it makes from then on. So it can be made, and imported, before its engine.
    make_session.configure(bind=engine)

    with make_session() as first, make_session() as second:
        assert (first.get_one(User, 1).name, second.get_one(User, 2).name) == ("ada", "grace")
    assert make_session.kw["expire_on_commit"] is False


def test_reading_on_after_this_commit(session: Session, statements: list[str]) -> None:
    """The users are going to be shown. Have them still loaded after this one commit."""
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"

    # hint: Session(engine, expire_on_commit=False) would do it, but this session is there already.
    # hint: What a session was told when it was made is an attribute of it, of the same name.
    # wrong: session.autoflush = False -- the commit flushes all the same, and expires
    # wrong: Session(session.bind, expire_on_commit=False) -- another session, which has no users
    # wrong: session.flush() -- then there is nothing left to send, but the commit expires still
    # why: autoflush and expire_on_commit are looked up when they are needed, so they can be set at
    # why: any time. It holds from then on, not only for one commit: whoever sets it sets it back.
    session.expire_on_commit = False
    session.commit()

    assert [user.name for user in users] == ["ada", "grace", "alan"]
    assert statements == ["SELECT", "UPDATE"]


def test_whom_a_listener_hears(engine: Engine) -> None:
    class ShopSession(Session):
        """What all sessions of the shop have in common."""

    web = sessionmaker(engine, class_=ShopSession)
    jobs = sessionmaker(engine, class_=ShopSession)
    heard: list[str] = []
    event.listen(ShopSession, "after_commit", lambda session: heard.append("shop"))
    event.listen(web, "after_commit", lambda session: heard.append("web"))

    web().commit()
    jobs().commit()
    ShopSession(engine).commit()
    Session(engine).commit()

    # hint: Four sessions have committed. Which of them are instances of ShopSession?
    # hint: web.class_ and jobs.class_ are not the same: a factory makes a subclass for itself.
    # wrong: (3, 3) -- the listener of a factory hears the sessions of that factory, no others
    # wrong: (1, 1) -- a listener of a class hears the subclasses too, and both factories have one
    # wrong: (4, 1) -- for all sessions there are, listen to Session itself
    # why: class_ is where a session gets methods of your own, or another get_bind(). A factory
    # why: makes a subclass of it, so that what listens to the one factory hears nothing of another.
    assert (heard.count("shop"), heard.count("web")) == (3, 1)


@pytest.mark.since("2.1")
def test_an_option_for_all_queries(engine: Engine) -> None:
    """With populate_existing, the rows of a query overwrite what is loaded."""
    session = Session(engine, execution_options={"populate_existing": True})
    ada = session.get_one(User, 1)
    session.execute(text("UPDATE user_account SET fullname = 'Lady Lovelace' WHERE id = 1"))

    find_ada = select(User).where(User.id == 1)
    session.scalars(find_ada, execution_options={"populate_existing": False}).one()
    shown = [ada.fullname]
    session.scalars(find_ada).one()
    shown.append(ada.fullname)

    # hint: The row that comes back is the new one, both times. Which query may use it?
    # hint: The session has one opinion, the first query another.
    # wrong: ["Lady Lovelace", "Lady Lovelace"] -- what is said of one query comes first
    # wrong: ["Ada Lovelace", "Ada Lovelace"] -- the second query has what the session was given
    # wrong: ["Lady Lovelace", "Ada Lovelace"] -- the first was told to leave alone what is loaded
    # why: The options of a session are those of each of its statements, unless a call says
    # why: otherwise. Before 2.1, only an engine or a connection could have options for all.
    assert shown == ["Ada Lovelace", "Lady Lovelace"]


@pytest.mark.since("2.1")
def test_what_carries_the_label(engine: Engine) -> None:
    """An option may have any name: "job" means nothing to SQLAlchemy, only to this listener."""
    by_job: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if connection.get_execution_options().get("job") == "nightly":
            by_job.append(statement.split()[0])

    session = Session(engine, execution_options={"job": "nightly"})
    alan = session.scalars(select(User).where(User.name == "alan")).one()
    alan.fullname = "Alan Mathison Turing"
    session.commit()
    assert alan.addresses == []

    # hint: List what is sent, line by line. Which of it comes from this session?
    # hint: Which statement saves the change? And what has to be loaded in the last line?
    # wrong: ["SELECT"] -- the flush and the lazy loads are the session's statements, too
    # wrong: ["SELECT", "UPDATE"] -- it lasts longer than the transaction in which it began
    # wrong: ["SELECT", "SELECT", "SELECT"] -- the UPDATE goes by the same connection
    # why: All that the session sends has its options, the flush included, in one transaction after
    # why: the other: so a log of slow statements can say which job has sent each of them.
    assert by_job == ["SELECT", "UPDATE", "SELECT", "SELECT"]


@pytest.mark.only_on("postgresql", "mariadb")
def test_committing_while_rows_come_in(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write `shorten`: the fullname becomes the name, and is committed before the next is read.

    With stream_results the rows stay at the server, in a cursor, and are fetched as you go on.
    """
    stream = select(User).order_by(User.id).execution_options(stream_results=True, yield_per=1)

    def shorten(user: User) -> None:
        # hint: The cursor is a part of the transaction in which it was opened. What ends that?
        # hint: The reading session has to be left alone until the last row. Who else can write?
        # wrong: user.fullname = user.name -- the commit closes the cursor
        #        session.commit()
        # wrong: user.fullname = user.name -- is flushed at best, and nobody commits it
        # wrong: with session.begin_nested(): -- a savepoint is released, and nothing is committed
        #            user.fullname = user.name
        # why: PostgreSQL says that the cursor "does not exist". PyMySQL ends the loop too early,
        # why: with a warning at most, and after a mere flush as well. SQLite goes on, so no test
        # why: there finds out. Write in another session, or read in batches by key: WHERE id > the
        # why: last one, ORDER BY id, LIMIT 1000, each of them a transaction of its own.
        with Session(engine) as own, own.begin():
            own.get_one(User, user.id).fullname = user.name

    def shorten_all() -> None:
        for user in session.scalars(stream):
            shorten(user)

    shorten_all()

    fullnames = observer.scalars(select(User.fullname).order_by(User.id)).all()
    assert fullnames == ["ada", "grace", "alan"]


def test_noting_who_did_it(engine: Engine, observer: Connection) -> None:
    """Write `sign`: the note of each new purchase is the clerk who stands in the session's info."""
    make_session = sessionmaker(engine, info={"clerk": "the web"})

    @event.listens_for(make_session, "before_flush")
    def sign(session: Session, *_: object) -> None:
        # hint: One function for the sessions of all clerks. Which one is flushing just now?
        # hint: What is about to be INSERTed is in session.new. The users there are not signed.
        # wrong: for new in session.new: -- the factory's clerk, whoever uses the session
        #            if isinstance(new, Purchase):
        #                new.note = make_session.kw["info"]["clerk"]
        # wrong: for new in session.dirty: -- those are loaded and changed: a new one is not dirty
        #            if isinstance(new, Purchase):
        #                new.note = session.info["clerk"]
        # wrong: for new in session.new: -- asks a new session, which has the factory's clerk
        #            if isinstance(new, Purchase):
        #                new.note = make_session().info["clerk"]
        # why: A listener is given the session, and the session carries what belongs to the job:
        # why: a user, a tenant, a request. No global variable, and nothing to be passed on.
        for new in session.new:
            if isinstance(new, Purchase):
                new.note = session.info["clerk"]

    with make_session(info={"clerk": "grace"}) as session, session.begin():
        session.add(User(name="barbara", purchases=[Purchase()]))
    with make_session.begin() as session:
        session.add(Purchase(user_id=3))

    notes = observer.scalars(select(Purchase.note).order_by(Purchase.id)).all()
    assert notes[2:] == ["grace", "the web"]
