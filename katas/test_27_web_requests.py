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

    assert (after_health, after_user) == ___


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

    assert error.type is ___


def test_the_end_of_every_request(
    app: flask.Flask, client: FlaskClient, registry: scoped_session[Session], observer: Connection
) -> None:
    """Flask calls `end` when a request ends, with the error if there was one.

    See to it that nothing of the request is left to the next.
    """

    @app.teardown_appcontext
    def end(error: BaseException | None) -> None:
        ___

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

    assert (page, saved) == ___


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
    assert statements == ___


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

    assert [response.status_code for response in responses] == ___


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
        ___

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
            ___

        mails.append(mail)
        return "Thank you."

    assert client.post("/users/1/purchases").text == "Thank you."
    assert worker.submit(mails[0]).result() == "Dear ada"
    assert pool.checkedout() == 0
