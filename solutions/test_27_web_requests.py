"""Web requests.

A request is a unit of work, and has a session of its own: made when it is first needed, committed
by the view if there is something to save, and removed at the end, whatever happened. The thread
that serves the request goes on to the next one, and so does all that was left in its session.
Flask is the example here; what is said of it holds for any framework.

https://docs.sqlalchemy.org/en/21/orm/contextual.html#using-thread-local-scope-with-web-applications
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, QueuePool, create_engine, exc, select
from sqlalchemy.orm import Session, close_all_sessions, scoped_session, sessionmaker

from katas.models import Purchase, User

pytest.importorskip("flask", reason='needs Flask: pip install -e ".[web]"')
import flask
from flask.testing import FlaskClient


@pytest.fixture
def app() -> flask.Flask:
    """An application, as yet without pages. An error in a view reaches the test."""
    app = flask.Flask(__name__)
    app.testing = True
    return app


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    """Requests pages of `app`, in the thread of the test."""
    return app.test_client()


@pytest.fixture
def registry(engine: Engine) -> scoped_session[Session]:
    """The session of the current thread."""
    return scoped_session(sessionmaker(engine))


@pytest.fixture
def small_engine(engine: Engine) -> Iterator[Engine]:
    """An engine whose pool has two connections, and lends one more when these are in use."""
    small = create_engine(engine.url, pool_size=2, max_overflow=1, pool_timeout=0.01)
    yield small
    close_all_sessions()
    small.dispose()


@pytest.fixture
def worker() -> Iterator[Executor]:
    """Another thread, which does one job after the other: `worker.submit(job).result()`."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor


def test_what_a_request_leaves_behind(
    app: flask.Flask, client: FlaskClient, registry: scoped_session[Session], pool: QueuePool
) -> None:
    @app.get("/health")
    def health() -> str:
        return "well"

    @app.get("/users/<int:user_id>")
    def show(user_id: int) -> str:
        return registry.get_one(User, user_id).name

    assert client.get("/health").text == "well"
    after_health = pool.checkedout()
    assert client.get("/users/1").text == "ada"
    after_user = pool.checkedout()

    # hint: The page was sent, the view has returned. Who has told the session?
    # hint: A connection returns to the pool with the end of its transaction.
    # wrong: (0, 0) -- the end of the request is no end of the session: that is in the registry
    # wrong: (1, 1) -- the first request has not used the session, so there was none
    # wrong: (1, 2) -- one thread has one session, and that has one connection
    # why: The session is made at its first use, and then belongs to the thread: what a request
    # why: leaves in it stays there, its transaction and its connection as well.
    assert (after_health, after_user) == (0, 1)


def test_what_the_next_request_meets(
    app: flask.Flask, client: FlaskClient, registry: scoped_session[Session]
) -> None:
    @app.post("/users/<name>")
    def register(name: str) -> str:
        registry.add(User(name=name))
        registry.commit()
        return "registered"

    @app.get("/users/<int:user_id>")
    def show(user_id: int) -> str:
        return registry.get_one(User, user_id).name

    with pytest.raises(exc.IntegrityError):
        client.post("/users/ada")
    with pytest.raises(exc.SQLAlchemyError) as error:
        client.get("/users/1")

    # hint: The first request has failed: there is an ada. The second, somebody else's, only reads.
    # hint: In which state has the failed flush left the session, and who has it now?
    # wrong: exc.IntegrityError -- the second request writes nothing that could be refused
    # wrong: exc.NoResultFound -- user 1 is there, but the question was not even sent
    # wrong: exc.OperationalError -- the database was not asked: the session refuses
    # why: The failed flush was never rolled back, and the next request of this thread has got the
    # why: same session. So each thread that has once failed serves errors until the restart.
    assert error.type is exc.PendingRollbackError


def test_the_end_of_every_request(
    app: flask.Flask, client: FlaskClient, registry: scoped_session[Session], observer: Connection
) -> None:
    """Flask calls `end` when a request ends, with the error if there was one.

    See to it that nothing of the request is left to the next.
    """

    @app.teardown_appcontext
    def end(error: BaseException | None) -> None:
        # hint: What has the request put into the registry, and who else should get that?
        # hint: What was to be saved is committed by now: the view has done it. Let go of the rest.
        # wrong: registry.commit() -- after a failed flush a PendingRollbackError in its turn
        # wrong: registry.expunge_all() -- the objects leave, the dead transaction stays
        # wrong: registry.rollback() -- the next request finds the same session, and its objects
        # wrong: if error is None: -- it is after an error that the session is in need of it
        #            registry.remove()
        # why: remove() rolls back what was not committed, gives the connection back, and forgets
        # why: the session: the next request has a new one. If there was none, it does nothing.
        registry.remove()

    @app.post("/users/<name>")
    def register(name: str) -> str:
        registry.add(User(name=name))
        registry.commit()
        return "registered"

    with pytest.raises(exc.IntegrityError):
        client.post("/users/ada")
    assert client.post("/users/barbara").text == "registered"
    assert not registry.registry.has()
    assert observer.scalars(select(User.name).order_by(User.id)).all()[-1] == "barbara"


def test_what_a_request_has_saved(
    app: flask.Flask, client: FlaskClient, registry: scoped_session[Session], observer: Connection
) -> None:
    app.teardown_appcontext(lambda error: registry.remove())

    @app.post("/users/<name>")
    def register(name: str) -> str:
        user = User(name=name)
        registry.add(user)
        registry.flush()
        return f"user {user.id}"

    page = client.post("/users/barbara").text
    saved = observer.scalars(select(User.name).order_by(User.id)).all()[3:]

    # hint: Where does the page have the id from? And what does that say of the row?
    # hint: Go through all that the session does, from the flush to the end of the request.
    # wrong: ("user 4", ["barbara"]) -- nobody commits: remove() closes, and that rolls back
    # wrong: ("user None", []) -- the flush has sent the INSERT, and so the id is there
    # why: A page with an id on it has seen a flush, no more. remove() saves nothing: the view
    # why: commits when its work is complete, and what fails before that is undone as a whole.
    assert (page, saved) == ("user 4", [])


def test_what_a_page_asks_of_the_database(
    app: flask.Flask,
    client: FlaskClient,
    registry: scoped_session[Session],
    statements: list[str],
) -> None:
    page = "{{ user.name }} is {{ user.fullname }}, of {{ user.addresses | length }} addresses"

    @app.post("/users/<int:user_id>/<fullname>")
    def rename(user_id: int, fullname: str) -> str:
        user = registry.get_one(User, user_id)
        user.fullname = fullname
        registry.commit()
        return flask.render_template_string(page, user=user)

    text = client.post("/users/1/Lady Lovelace").text
    assert text == "ada is Lady Lovelace, of 2 addresses"
    # hint: The template is given an object and reads it, as any other code would.
    # hint: What does a commit do to the object? And when was the list loaded?
    # wrong: ["SELECT", "UPDATE"] -- the object was expired by the commit: it is loaded anew
    # wrong: ["SELECT", "UPDATE", "SELECT"] -- the user's row is one SELECT, the list is another
    # wrong: ["SELECT", "SELECT", "UPDATE"] -- nobody has read the list before the page did
    # why: A template can send SQL: here it loads what the commit has expired, and then the list, in
    # why: a transaction that begins after the commit. With expire_on_commit=False, and selectinload
    # why: for the list, the page finds all that it needs.
    assert statements == ["SELECT", "UPDATE", "SELECT", "SELECT"]


def test_how_many_requests_are_served(
    app: flask.Flask, client: FlaskClient, small_engine: Engine
) -> None:
    """Each request has a session of its own, filed under its X-Request-Id. Nobody removes it."""
    registry = scoped_session(
        sessionmaker(small_engine), scopefunc=lambda: flask.request.headers["X-Request-Id"]
    )
    app.add_url_rule("/users/1", "ada", lambda: registry.get_one(User, 1).name)
    app.register_error_handler(exc.TimeoutError, lambda error: ("busy", 503))

    responses = [client.get("/users/1", headers={"X-Request-Id": f"{n}"}) for n in range(5)]

    # hint: How many connections can there be at once? The fixture small_engine says it.
    # hint: Each session keeps one. Who comes too late waits for a while, and then in vain.
    # wrong: [200, 200, 200, 200, 200] -- a page that was sent does not return its connection
    # wrong: [200, 200, 503, 503, 503] -- pool_size is what is kept; max_overflow comes on top
    # wrong: [200, 503, 503, 503, 503] -- each has a connection of its own, as long as there are any
    # why: "QueuePool limit of size 2 overflow 1 reached, connection timed out". The pool is seldom
    # why: too small for it: some session is not closed, and a larger pool only lasts a bit longer.
    assert [response.status_code for response in responses] == [200, 200, 200, 503, 503]


def test_a_page_that_is_sent_line_by_line(
    app: flask.Flask,
    client: FlaskClient,
    registry: scoped_session[Session],
    engine: Engine,
    pool: QueuePool,
) -> None:
    """Flask runs this generator when the request has ended. Write it: a line for each user."""
    app.teardown_appcontext(lambda error: registry.remove())

    @app.get("/users")
    def users() -> Iterator[str]:
        query = select(User).order_by(User.id)
        # hint: The page may be right, and a connection still be missing: who removes the session?
        # hint: What runs after the end of the request can't use the request's session.
        # wrong: for user in registry.scalars(query): -- one more session, which nobody removes
        #            yield f"{user.name}\n"
        # wrong: yield from [f"{user.name}\n" for user in registry.scalars(query)] -- too late too
        # why: The first line is asked for when the teardown is done. A session that is opened
        # why: by the generator itself lasts as long as that does, and is closed in any case.
        with Session(engine) as session:
            for user in session.scalars(query):
                yield f"{user.name}\n"

    assert client.get("/users").text.splitlines() == ["ada", "grace", "alan"]
    assert pool.checkedout() == 0


def test_a_mail_after_the_response(
    app: flask.Flask,
    client: FlaskClient,
    registry: scoped_session[Session],
    engine: Engine,
    worker: Executor,
    pool: QueuePool,
) -> None:
    """Another thread writes it, when the request has ended. Have `mail` return "Dear ada"."""
    app.teardown_appcontext(lambda error: registry.remove())
    mails: list[Callable[[], str]] = []

    @app.post("/users/<int:user_id>/purchases")
    def buy(user_id: int) -> str:
        user = registry.get_one(User, user_id)
        registry.add(Purchase(user=user))
        registry.commit()

        def mail() -> str:
            # hint: When this runs, the user is detached, and expired since the commit.
            # hint: A number is safe to take along. And a session in that thread is yours to close.
            # wrong: return f"Dear {user.name}" -- has to be loaded, and has no session to do it
            # wrong: return f"Dear {registry.get_one(User, user_id).name}" -- whoever removes it?
            # wrong: registry.add(user) -- has a session then, but one that nobody removes
            #        return f"Dear {user.name}"
            # why: Take ids along, not objects, and let the job open its own session and close it.
            # why: Start it after the commit: before, no other session finds what the request saves.
            with Session(engine) as session:
                return f"Dear {session.get_one(User, user_id).name}"

        mails.append(mail)
        return "Thank you."

    assert client.post("/users/1/purchases").text == "Thank you."
    assert worker.submit(mails[0]).result() == "Dear ada"
    assert pool.checkedout() == 0
