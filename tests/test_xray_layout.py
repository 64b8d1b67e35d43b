"""How an x-ray is set: the whole text of each is written out here."""

from tests.xray_world import xray


def test_lines_that_caused_nothing() -> None:
    shown = xray('''\
    def test(session):
        """What the test is about

        is not a part of it.
        """
        # nor are comments

        name = "ada"
        ada = session.scalars(
            select(User)
            # this is part of a statement
            .where(User.name == name)
        ).one()

        assert ada.age is None
    ''')
    expected = """\
     8  name = "ada"
     9  ada = session.scalars(
    10      select(User)
    11      # this is part of a statement
    12      .where(User.name == name)
    13  ).one()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.name = 'ada'
          ada: loaded as persistent             User 1
    15  assert ada.age is None
"""
    assert shown == expected


def test_nothing_after_the_line_that_failed() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        assert ada.name == "grace"
        session.commit()
        assert ada.name == "ada"
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
>    3  assert ada.name == "grace"
"""
    assert shown == expected


def test_leaving_a_block() -> None:
    shown = xray("""\
    def test(engine):
        with Session(engine) as session, session.begin():
            session.add(User(name="bob"))
        with Session(engine) as session:
            if session:
                with session.begin():
                    assert session.get(User, 1).name == "grace"
        assert False
    """)
    expected = """\
     2  with Session(engine) as session, session.begin():
     3      session.add(User(name="bob"))
              session (1): a User: transient -> pending
     2  leaving with Session(engine) as session, session.begin():
          session (1)
            flush by commit()
              BEGIN                             connection 1 taken from the pool
              INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
              User 4: pending -> persistent
            COMMIT                              connection 1 back in the pool
     4  with Session(engine) as session:
     5      if session:
     6          with session.begin():
>    7              assert session.get(User, 1).name == "grace"
                      session (2)
                        BEGIN                   connection 1 taken from the pool
                        SELECT … FROM user WHERE user.id = 1
                        User 1: loaded as persistent
     6          leaving with session.begin():
                  session (2): ROLLBACK         connection 1 back in the pool
"""
    assert shown == expected


def test_a_failure_in_a_function_of_the_test() -> None:
    shown = xray("""\
    def test(session):
        def check(user):
            assert user.name == "grace"

        ada = session.get(User, 1)
        check(ada)
        session.commit()
    """)
    expected = """\
     2  def check(user):
>    3      assert user.name == "grace"
     5  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
>    6  check(ada)
"""
    assert shown == expected


def test_a_loop() -> None:
    shown = xray("""\
    def test(session):
        for number in range(500):
            user = User(name=f"user {number}")
            session.add(user)
        session.commit()
    """)
    expected = """\
     2  for number in range(500):
     3      user = User(name=f"user {number}")
     4      session.add(user)
              500 x User: transient -> pending
     5  session.commit()
          flush by commit()
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('user 0', NULL, NULL)
                RETURNING id
            … 499 more like it
            500 x User: pending -> persistent
          COMMIT                                connection 1 back in the pool
          User 503: expired
"""
    assert shown == expected


def test_a_loop_that_commits() -> None:
    shown = xray("""\
    def test(session):
        for number in range(500):
            session.add(User(name=f"user {number}"))
            session.commit()
    """)
    expected = """\
     2  for number in range(500):
     3      session.add(User(name=f"user {number}"))
              500 x User: transient -> pending
     4      session.commit()
              flush by commit()
                BEGIN                           connection 1 taken from the pool
                INSERT INTO user (name, age, bio) VALUES ('user 0', NULL, NULL)
                User 4: pending -> persistent
              COMMIT                            connection 1 back in the pool
              … 499 more like these
"""
    assert shown == expected


def test_one_select_for_each() -> None:
    shown = xray("""\
    def test(session):
        users = session.scalars(select(User)).all()
        users += [User(name=f"user {number}") for number in range(20)]
        session.add_all(users)
        session.commit()
        for user in users:
            user.name
    """)
    expected = """\
     2  users = session.scalars(select(User)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user
          User 1, User 2, User 3: loaded as persistent
     3  users += [User(name=f"user {number}") for number in range(20)]
     4  session.add_all(users)
          20 x User: transient -> pending
     5  session.commit()
          flush by commit()
            INSERT INTO user (name, age, bio) VALUES ('user 0', NULL, NULL)
                RETURNING id
            … 19 more like it
            20 x User: pending -> persistent
          COMMIT                                connection 1 back in the pool
          23 x User: expired
     6  for user in users:
     7      user.name
              User 1's name is expired: reload
                BEGIN                           connection 1 taken from the pool
                SELECT … FROM user WHERE user.id = 1
                User 1: refreshed
              … 22 more like it
"""
    assert shown == expected


def test_a_narrow_screen() -> None:
    shown = xray(
        """\
    def test(session):
        with session.begin():
            session.add(User(name="bob", age=40))
            session.flush()
    """,
        width=50,
    )
    expected = """\
     2  with session.begin():
     3      session.add(User(name="bob", age=40))
              a User: transient -> pending
     4      session.flush()
              flush
                BEGIN
                    connection 1 taken from the pool
                INSERT INTO user (name, age, bio)
                    VALUES ('bob', 40, NULL)
                User 4: pending -> persistent
     2  leaving with session.begin():
          COMMIT  connection 1 back in the pool
"""
    assert shown == expected


def test_a_wide_screen() -> None:
    shown = xray(
        """\
    def test(session):
        session.execute(select(User.name, User.age).where(User.name.in_(["ada", "grace"])))
    """,
        width=100,
    )
    expected = """\
     2  session.execute(select(User.name, User.age).where(User.name.in_(["ada", "grace"])))
          BEGIN                                                     connection 1 taken from the pool
          SELECT user.name, user.age FROM user WHERE user.name IN ('ada', 'grace')
"""
    assert shown == expected
