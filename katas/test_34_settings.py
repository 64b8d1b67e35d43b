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

    assert (first.info, second.info) == ___


def test_a_factory_that_came_before_its_engine(engine: Engine) -> None:
    """Other modules have imported this factory. Now there is an engine: all are to use it."""
    make_session = sessionmaker(expire_on_commit=False)
    with make_session() as early, pytest.raises(exc.UnboundExecutionError):
        early.get(User, 1)

    ___

    with make_session() as first, make_session() as second:
        assert (first.get_one(User, 1).name, second.get_one(User, 2).name) == ("ada", "grace")
    assert make_session.kw["expire_on_commit"] is False


def test_reading_on_after_this_commit(session: Session, statements: list[str]) -> None:
    """The users are going to be shown. Have them still loaded after this one commit."""
    users = session.scalars(select(User).order_by(User.id)).all()
    users[0].fullname = "Countess of Lovelace"

    ___
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

    assert (heard.count("shop"), heard.count("web")) == ___


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

    assert shown == ___


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

    assert by_job == ___


@pytest.mark.only_on("postgresql", "mariadb")
def test_committing_while_rows_come_in(
    engine: Engine, session: Session, observer: Connection
) -> None:
    """Write `shorten`: the fullname becomes the name, and is committed before the next is read.

    With stream_results the rows stay at the server, in a cursor, and are fetched as you go on.
    """
    stream = select(User).order_by(User.id).execution_options(stream_results=True, yield_per=1)

    def shorten(user: User) -> None:
        ___

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
        ___

    with make_session(info={"clerk": "grace"}) as session, session.begin():
        session.add(User(name="barbara", purchases=[Purchase()]))
    with make_session.begin() as session:
        session.add(Purchase(user_id=3))

    notes = observer.scalars(select(Purchase.note).order_by(Purchase.id)).all()
    assert notes[2:] == ["grace", "the web"]
