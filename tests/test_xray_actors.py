"""Who did it, where sessions, connections or threads are several, as the x-ray tells it."""

from tests.xray_world import xray


def test_two_sessions() -> None:
    shown = xray("""\
    def test(session, other_session):
        ada = session.get(User, 1)
        their_ada = other_session.get(User, 1)
        session.rollback()
        other_session.rollback()
    """)
    expected = """\
     2  ada = session.get(User, 1)
          session
            BEGIN                               connection 1 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            ada: loaded as persistent           User 1
     3  their_ada = other_session.get(User, 1)
          other_session
            BEGIN                               connection 2 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            their_ada: loaded as persistent     User 1
     4  session.rollback()
          session
            ROLLBACK                            connection 1 back in the pool
            ada: expired
     5  other_session.rollback()
          other_session
            ROLLBACK                            connection 2 back in the pool
            their_ada: expired
"""
    assert shown == expected


def test_sessions_that_the_test_opens() -> None:
    shown = xray("""\
    def test(engine):
        for name in ("bob", "eve"):
            with Session(engine) as session:
                session.add(User(name=name))
        Session(engine).add(User(name="max"))
    """)
    expected = """\
     2  for name in ("bob", "eve"):
     3      with Session(engine) as session:
     4          session.add(User(name=name))
                  session (1): a User: transient -> pending
                  session (2): a User: transient -> pending
     3      leaving with Session(engine) as session:
              session (1): a User: pending -> transient
              session (2): a User: pending -> transient
     5  Session(engine).add(User(name="max"))
          session (3): a User: transient -> pending
"""
    assert shown == expected


def test_a_session_and_a_connection() -> None:
    shown = xray("""\
    def test(session, engine):
        session.add(User(name="bob"))
        session.flush()
        with engine.connect() as observer:
            names = observer.scalars(text("SELECT name FROM user")).all()
        assert "bob" not in names
    """)
    expected = """\
     2  session.add(User(name="bob"))
          a User: transient -> pending
     3  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
     4  with engine.connect() as observer:
          observer: connection 2 taken from the pool
     5      names = observer.scalars(text("SELECT name FROM user")).all()
              observer
                BEGIN
                SELECT name FROM user
     4  leaving with engine.connect() as observer:
          observer: ROLLBACK                    connection 2 back in the pool
     6  assert "bob" not in names
"""
    assert shown == expected


def test_a_session_on_two_databases() -> None:
    shown = xray("""\
    def test(engine):
        other_engine = create_engine("sqlite://")
        Address.__table__.create(other_engine)
        session = Session(engine, binds={Address: other_engine})
        session.add(User(name="bob"))
        session.flush()
        session.add(Address(email="bob@home"))
        session.flush()
    """)
    expected = """\
     2  other_engine = create_engine("sqlite://")
     3  Address.__table__.create(other_engine)
          connection 1
            BEGIN not sent: the driver waits    connection 1 taken from the pool
            CREATE TABLE address ( id INTEGER NOT NULL, email VARCHAR NOT NULL …
            COMMIT not sent: no transaction     connection 1 back in the pool
     4  session = Session(engine, binds={Address: other_engine})
     5  session.add(User(name="bob"))
          a User: transient -> pending
     6  session.flush()
          flush
            BEGIN                               connection 2 taken from the pool
            connection 2: INSERT INTO user (name, age, bio)
                VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
     7  session.add(Address(email="bob@home"))
          an Address: transient -> pending
     8  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            connection 1: INSERT INTO address (email, user_id)
                VALUES ('bob@home', NULL)
            Address 1: pending -> persistent
"""
    assert shown == expected


def test_a_registry() -> None:
    shown = xray("""\
    def test(engine):
        registry = scoped_session(sessionmaker(engine))
        other_registry = scoped_session(sessionmaker(engine), scopefunc=lambda: 1)
        registry.get(User, 1)
        other_registry.get(User, 1)
        registry.remove()
    """)
    expected = """\
     2  registry = scoped_session(sessionmaker(engine))
     3  other_registry = scoped_session(sessionmaker(engine), scopefunc=lambda: 1)
     4  registry.get(User, 1)
          registry
            BEGIN                               connection 1 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            User 1: loaded as persistent
     5  other_registry.get(User, 1)
          other_registry
            BEGIN                               connection 2 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            User 1: loaded as persistent
     6  registry.remove()
          registry: ROLLBACK                    connection 1 back in the pool
"""
    assert shown == expected


def test_a_thread() -> None:
    shown = xray("""\
    def test(session, engine):
        def work():
            with Session(engine) as own:
                own.get(User, 2)

        ada = session.get(User, 1)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(work).result()
        thread = Thread(target=session.rollback, name="undo")
        thread.start(), thread.join()
    """)
    expected = """\
     2  def work():
     3      with Session(engine) as own:
     4          own.get(User, 2)
     6  ada = session.get(User, 1)
          session
            BEGIN                               connection 1 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            ada: loaded as persistent           User 1
     7  with ThreadPoolExecutor(1) as pool:
     8      pool.submit(work).result()
              thread 1, own
                4  own.get(User, 2)
                  BEGIN                         connection 2 taken from the pool
                  SELECT … FROM user WHERE user.id = 2
                  User 2: loaded as persistent
                3  leaving with Session(engine) as own:
                  ROLLBACK                      connection 2 back in the pool
     9  thread = Thread(target=session.rollback, name="undo")
    10  thread.start(), thread.join()
          thread undo, session
            ROLLBACK                            connection 1 back in the pool
            ada: expired
"""
    assert shown == expected
