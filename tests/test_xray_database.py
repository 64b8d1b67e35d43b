"""What goes to the database, as the x-ray tells it: the whole text of each is written out here."""

from tests.xray_world import xray


def test_a_statement_of_each_kind() -> None:
    shown = xray("""\
    def test(session):
        session.execute(insert(User).values(name="bob", age=40))
        session.execute(update(User).values(age=41).where(User.name == "bob"))
        session.execute(delete(User).where(User.name == "bob"))
        session.execute(text("SELECT name FROM user WHERE age > :age"), {"age": 30})
        session.connection().exec_driver_sql("SELECT 1")
    """)
    expected = """\
     2  session.execute(insert(User).values(name="bob", age=40))
          BEGIN                                 connection 1 taken from the pool
          INSERT INTO user (name, age) VALUES ('bob', 40)
     3  session.execute(update(User).values(age=41).where(User.name == "bob"))
          UPDATE user SET age=41 WHERE user.name = 'bob'
     4  session.execute(delete(User).where(User.name == "bob"))
          DELETE FROM user WHERE user.name = 'bob'
     5  session.execute(text("SELECT name FROM user WHERE age > :age"), {"age": 30})
          SELECT name FROM user WHERE age > 30
     6  session.connection().exec_driver_sql("SELECT 1")
          SELECT 1
"""
    assert shown == expected


def test_parameters() -> None:
    shown = xray("""\
    def test(session):
        query = select(text(":value"))
        session.execute(query, {"value": None})
        session.execute(query, {"value": 1.5})
        session.execute(query, {"value": "O'Brien: ?"})
        session.execute(query, {"value": b"1234"})
        session.execute(query, {"value": "a" * 100})
        session.execute(select(User.name).where(User.id.in_([1, 2])))
    """)
    expected = """\
     2  query = select(text(":value"))
     3  session.execute(query, {"value": None})
          BEGIN                                 connection 1 taken from the pool
          SELECT NULL
     4  session.execute(query, {"value": 1.5})
          SELECT 1.5
     5  session.execute(query, {"value": "O'Brien: ?"})
          SELECT 'O''Brien: ?'
     6  session.execute(query, {"value": b"1234"})
          SELECT <4 bytes>
     7  session.execute(query, {"value": "a" * 100})
          SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'
     8  session.execute(select(User.name).where(User.id.in_([1, 2])))
          SELECT user.name FROM user WHERE user.id IN (1, 2)
"""
    assert shown == expected


def test_many_rows_at_once() -> None:
    shown = xray("""\
    def test(session):
        rows = [{"name": f"user {n}", "age": n} for n in range(500)]
        session.execute(insert(User), rows)
        session.scalars(insert(Address).returning(Address.id), [{"email": "x"}] * 500).all()
    """)
    expected = """\
     2  rows = [{"name": f"user {n}", "age": n} for n in range(500)]
     3  session.execute(insert(User), rows)
          BEGIN                                 connection 1 taken from the pool
          INSERT INTO user (name, age) VALUES ('user 0', 0)  and 499 more rows
     4  session.scalars(insert(Address).returning(Address.id), [{"email": "x"}] * 500).all()
          INSERT INTO address (email) VALUES ('x'), … 499 more RETURNING id
"""
    assert shown == expected


def test_statements_that_are_too_long() -> None:
    shown = xray("""\
    def test(session):
        long = select(User).join(User.addresses).where(User.name == "ada", Address.email != "x")
        session.execute(long.order_by(User.name, User.age).limit(3)).all()
        session.execute(select(*[literal_column(f"'{n}' || ' green bottles'") for n in range(30)]))
        ddl = "CREATE TABLE " + "bottle" * 5 + " (id INTEGER, name TEXT, size INTEGER)"
        session.execute(text(ddl))
    """)
    expected = """\
     2  long = select(User).join(User.addresses).where(User.name == "ada", Address.email != "x")
     3  session.execute(long.order_by(User.name, User.age).limit(3)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user JOIN address ON user.id = address.user_id
              WHERE user.name = 'ada' AND address.email != 'x'
              ORDER BY user.name, user.age LIMIT 3 OFFSET 0
          User 1: loaded as persistent
     4  session.execute(select(*[literal_column(f"'{n}' || ' green bottles'") for n in range(30)]))
          SELECT '0' || ' green bottles', '1' || ' green bottles', '2' || '
              green bottles', '3' || ' green bottles', '4' || ' green bottles',
              '5' || ' green bottles', '6' || ' green bottles', '7' || ' green …
     5  ddl = "CREATE TABLE " + "bottle" * 5 + " (id INTEGER, name TEXT, size INTEGER)"
     6  session.execute(text(ddl))
          CREATE TABLE bottlebottlebottlebottlebottle (id INTEGER, name TEXT, …
"""
    assert shown == expected


def test_an_update_that_finds_no_row() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.execute(text("DELETE FROM user WHERE id = 1"))
        ada.age = 36
        session.flush()
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.execute(text("DELETE FROM user WHERE id = 1"))
          DELETE FROM user WHERE id = 1
     4  ada.age = 36
>    5  session.flush()
          flush
            UPDATE user SET age=36 WHERE user.id = 1
            no row matched
            ROLLBACK
            ada: expired
"""
    assert shown == expected


def test_savepoints() -> None:
    shown = xray("""\
    def test(session):
        session.add(User(name="bob"))
        savepoint = session.begin_nested()
        session.add(User(name="eve"))
        session.flush()
        savepoint.rollback()
        with session.begin_nested():
            session.execute(update(User).values(age=1))
        session.commit()
    """)
    expected = """\
     2  session.add(User(name="bob"))
          a User: transient -> pending
     3  savepoint = session.begin_nested()
          flush by begin_nested()
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
     4  session.add(User(name="eve"))
          a User: transient -> pending
     5  session.flush()
          flush
            SAVEPOINT sa_savepoint_1
            INSERT INTO user (name, age, bio) VALUES ('eve', NULL, NULL)
            User 5: pending -> persistent
     6  savepoint.rollback()
          ROLLBACK TO SAVEPOINT sa_savepoint_1
     7  with session.begin_nested():
     8      session.execute(update(User).values(age=1))
              SAVEPOINT sa_savepoint_2
              UPDATE user SET age=1
     7  leaving with session.begin_nested():
          RELEASE SAVEPOINT sa_savepoint_2
     9  session.commit()
          COMMIT                                connection 1 back in the pool
"""
    assert shown == expected


def test_the_connection_goes_back_without_a_transaction() -> None:
    shown = xray("""\
    def test(engine):
        with engine.connect() as connection:
            pass
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.rollback()
    """)
    expected = """\
     2  with engine.connect() as connection:
          connection 1 taken from the pool
     3      pass
     2  leaving with engine.connect() as connection:
          connection 1 back in the pool
     4  with engine.connect() as connection:
          connection 1 taken from the pool
     5      connection.execute(text("SELECT 1"))
              BEGIN
              SELECT 1
     6      connection.rollback()
              ROLLBACK
     4  leaving with engine.connect() as connection:
          connection 1 back in the pool
"""
    assert shown == expected


def test_a_session_is_lost_with_its_transaction() -> None:
    shown = xray("""\
    def test(engine):
        def leak():
            Session(engine).execute(text("SELECT 1"))

        leak()
        import gc
        gc.collect()
    """)
    expected = """\
     2  def leak():
     3      Session(engine).execute(text("SELECT 1"))
     5  leak()
          3  Session(engine).execute(text("SELECT 1"))
            BEGIN                               connection 1 taken from the pool
            SELECT 1
     6  import gc
     7  gc.collect()
          ROLLBACK                              connection 1 back in the pool
"""
    assert shown == expected


def test_autocommit() -> None:
    shown = xray("""\
    def test(autocommit):
        with Session(autocommit) as session:
            session.execute(update(User).values(age=1))
            session.rollback()
    """)
    expected = """\
     2  with Session(autocommit) as session:
     3      session.execute(update(User).values(age=1))
              connection 1 taken from the pool
              UPDATE user SET age=1
     4      session.rollback()
              ROLLBACK not sent: autocommit     connection 1 back in the pool
"""
    assert shown == expected


def test_a_begin_of_another_kind() -> None:
    shown = xray("""\
    def test(engine):
        eager = create_engine(engine.url)
        begin = "BEGIN IMMEDIATE"
        event.listen(eager, "begin", lambda connection: connection.exec_driver_sql(begin))
        with eager.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    """)
    expected = """\
     2  eager = create_engine(engine.url)
     3  begin = "BEGIN IMMEDIATE"
     4  event.listen(eager, "begin", lambda connection: connection.exec_driver_sql(begin))
     5  with eager.connect() as connection:
          connection 1 taken from the pool
     6      connection.exec_driver_sql("SELECT 1")
              BEGIN IMMEDIATE
              SELECT 1
     5  leaving with eager.connect() as connection:
          ROLLBACK                              connection 1 back in the pool
"""
    assert shown == expected


def test_the_driver_of_sqlite_left_to_itself() -> None:
    shown = xray("""\
    def test(engine):
        session = Session(create_engine(engine.url))
        session.scalar(select(func.count(User.id)))
        session.commit()
        with session.begin_nested():
            session.add(User(name="bob"))
        session.rollback()
        session.add(User(name="eve"))
        session.commit()
    """)
    expected = """\
     2  session = Session(create_engine(engine.url))
     3  session.scalar(select(func.count(User.id)))
          BEGIN not sent: the driver waits      connection 1 taken from the pool
          SELECT count(user.id) AS count_1 FROM user
     4  session.commit()
          COMMIT not sent: no transaction       connection 1 back in the pool
     5  with session.begin_nested():
     6      session.add(User(name="bob"))
              a User: transient -> pending
     5  leaving with session.begin_nested():
          flush by commit()
            BEGIN not sent: the driver waits    connection 1 taken from the pool
            SAVEPOINT sa_savepoint_1
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
          RELEASE SAVEPOINT sa_savepoint_1
     7  session.rollback()
          ROLLBACK not sent: no transaction     connection 1 back in the pool
     8  session.add(User(name="eve"))
          a User: transient -> pending
     9  session.commit()
          flush by commit()
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('eve', NULL, NULL)
            User 5: pending -> persistent
          COMMIT                                connection 1 back in the pool
"""
    assert shown == expected


def test_a_session_within_a_transaction_of_somebody_else() -> None:
    shown = xray("""\
    def test(engine):
        connection = engine.connect()
        transaction = connection.begin()
        session = Session(connection, join_transaction_mode="create_savepoint")
        session.add(User(name="bob"))
        session.commit()
        session.close()
        transaction.rollback()
        connection.close()
    """)
    expected = """\
     2  connection = engine.connect()
          connection: connection 1 taken from the pool
     3  transaction = connection.begin()
          connection: BEGIN
     4  session = Session(connection, join_transaction_mode="create_savepoint")
     5  session.add(User(name="bob"))
          a User: transient -> pending
     6  session.commit()
          flush by commit()
            SAVEPOINT sa_savepoint_1
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
          RELEASE SAVEPOINT sa_savepoint_1
     7  session.close()
     8  transaction.rollback()
          connection: ROLLBACK
     9  connection.close()
          connection: connection 1 back in the pool
"""
    assert shown == expected
