"""Why something happened, as the x-ray tells it: the whole text of each is written out here."""

from tests.xray_world import xray


def test_a_flush_and_what_it_was_for() -> None:
    shown = xray("""\
    def test(session):
        session.add(User(name="a"))
        session.flush()
        session.add(User(name="b"))
        session.begin_nested()
        session.add(User(name="c"))
        session.commit()
    """)
    expected = """\
     2  session.add(User(name="a"))
          a User: transient -> pending
     3  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('a', NULL, NULL)
            User 4: pending -> persistent
     4  session.add(User(name="b"))
          a User: transient -> pending
     5  session.begin_nested()
          flush by begin_nested()
            INSERT INTO user (name, age, bio) VALUES ('b', NULL, NULL)
            User 5: pending -> persistent
     6  session.add(User(name="c"))
          a User: transient -> pending
     7  session.commit()
          flush by commit()
            SAVEPOINT sa_savepoint_1
            INSERT INTO user (name, age, bio) VALUES ('c', NULL, NULL)
            User 6: pending -> persistent
          RELEASE SAVEPOINT sa_savepoint_1
          COMMIT                                connection 1 back in the pool
"""
    assert shown == expected


def test_an_autoflush_and_what_it_was_for() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.add(User(name="a"))
        session.scalar(select(func.count(User.id)))
        session.add(User(name="b"))
        session.refresh(ada)
        session.add(User(name="c"))
        session.merge(User(id=2, name="grace"))
        session.add(User(name="d"))
        ada.addresses
        session.add(User(name="e"))
        session.query(User).count()
        session.add(User(name="f"))
        session.get(User, 3)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.add(User(name="a"))
          a User: transient -> pending
     4  session.scalar(select(func.count(User.id)))
          autoflush by scalar()
            INSERT INTO user (name, age, bio) VALUES ('a', NULL, NULL)
            User 4: pending -> persistent
          SELECT count(user.id) AS count_1 FROM user
     5  session.add(User(name="b"))
          a User: transient -> pending
     6  session.refresh(ada)
          ada: expired
          autoflush by refresh()
            INSERT INTO user (name, age, bio) VALUES ('b', NULL, NULL)
            User 5: pending -> persistent
          SELECT … FROM user WHERE user.id = 1
          ada: refreshed
     7  session.add(User(name="c"))
          a User: transient -> pending
     8  session.merge(User(id=2, name="grace"))
          autoflush by merge()
            INSERT INTO user (name, age, bio) VALUES ('c', NULL, NULL)
            User 6: pending -> persistent
          SELECT … FROM user WHERE user.id = 2
          User 2: loaded as persistent
          User 2's bio: expired
     9  session.add(User(name="d"))
          a User: transient -> pending
    10  ada.addresses
          lazy load of ada.addresses
            autoflush
              INSERT INTO user (name, age, bio) VALUES ('d', NULL, NULL)
              User 7: pending -> persistent
              User 2: left the identity map     no reference left
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
    11  session.add(User(name="e"))
          a User: transient -> pending
    12  session.query(User).count()
          autoflush by count()
            INSERT INTO user (name, age, bio) VALUES ('e', NULL, NULL)
            User 8: pending -> persistent
          SELECT count(*) AS count_1 FROM (SELECT … FROM user) AS anon_1
    13  session.add(User(name="f"))
          a User: transient -> pending
    14  session.get(User, 3)
          autoflush by get()
            INSERT INTO user (name, age, bio) VALUES ('f', NULL, NULL)
            User 9: pending -> persistent
          SELECT … FROM user WHERE user.id = 3
          User 3: loaded as persistent
"""
    assert shown == expected


def test_two_flushes_in_a_row() -> None:
    shown = xray("""\
    def test(session):
        for name in ("bob", "eve"): session.add(User(name=name)), session.flush()
    """)
    expected = """\
     2  for name in ("bob", "eve"): session.add(User(name=name)), session.flush()
          a User: transient -> pending
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
          a User: transient -> pending
          flush
            INSERT INTO user (name, age, bio) VALUES ('eve', NULL, NULL)
            User 5: pending -> persistent
"""
    assert shown == expected


def test_get_finds_an_expired_object() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.commit()
        session.get(User, 1)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.commit()
          COMMIT                                connection 1 back in the pool
          ada: expired
     4  session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: refreshed
"""
    assert shown == expected


def test_attributes_are_loaded() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        ada.addresses
        ada.bio
        session.commit()
        ada.name
        session.commit()
        ada.addresses
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  ada.addresses
          lazy load of ada.addresses
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
     4  ada.bio
          ada.bio is deferred: load
            SELECT user.bio FROM user WHERE user.id = 1
            ada.bio: refreshed
     5  session.commit()
          COMMIT                                connection 1 back in the pool
          ada: expired
          Address 1: left the identity map      no reference left
     6  ada.name
          ada.name is expired: reload
            BEGIN                               connection 1 taken from the pool
            SELECT … FROM user WHERE user.id = 1
            ada: refreshed
     7  session.commit()
          COMMIT                                connection 1 back in the pool
          ada: expired
     8  ada.addresses
          lazy load of ada.addresses
            ada.id is expired: reload
              BEGIN                             connection 1 taken from the pool
              SELECT … FROM user WHERE user.id = 1
              ada: refreshed
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
"""
    assert shown == expected


def test_related_objects_are_loaded_along() -> None:
    shown = xray("""\
    def test(session):
        session.scalars(select(User).options(selectinload(User.addresses))).all()
    """)
    expected = """\
     2  session.scalars(select(User).options(selectinload(User.addresses))).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user
          User 1, User 2, User 3: loaded as persistent
          eager load of User.addresses
            SELECT … FROM address WHERE address.user_id IN (1, 2, 3)
                ORDER BY address.id
            Address 1: loaded as persistent
"""
    assert shown == expected


def test_an_attribute_of_an_object_without_a_name() -> None:
    shown = xray("""\
    def test(session):
        session.get(User, 1).addresses[0].user.bio
    """)
    expected = """\
     2  session.get(User, 1).addresses[0].user.bio
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          User 1: loaded as persistent
          lazy load of User 1's addresses
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
          lazy load of Address 1's user
            SELECT … FROM user WHERE user.id = 1
            User 1: loaded as persistent
          User 1's bio is deferred: load
            SELECT user.bio FROM user WHERE user.id = 1
            User 1's bio: refreshed
"""
    assert shown == expected


def test_a_helper_in_another_file() -> None:
    shown = xray(
        """\
    def test(session):
        save(session, "bob")
    """,
        """\
    def save(session, name):
        with session.begin():
            add(
                session,
                name,
            )


    def add(session, name):
        user = User(name=name)
        session.add(
            user
        )
    """,
    )
    expected = """\
     2  save(session, "bob")
          helpers.py:11  session.add(
            a User: transient -> pending
          helpers.py:2  leaving with session.begin():
            flush by commit()
              BEGIN                             connection 1 taken from the pool
              INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
              User 4: pending -> persistent
            COMMIT                              connection 1 back in the pool
"""
    assert shown == expected


def test_a_function_within_the_test() -> None:
    shown = xray("""\
    def test(session):
        def count():
            return session.scalar(select(func.count(User.id)))

        assert count() == 3
        assert count() == 3
    """)
    expected = """\
     2  def count():
     3      return session.scalar(select(func.count(User.id)))
     5  assert count() == 3
          3  return session.scalar(select(func.count(User.id)))
            BEGIN                               connection 1 taken from the pool
            SELECT count(user.id) AS count_1 FROM user
     6  assert count() == 3
          3  return session.scalar(select(func.count(User.id)))
            SELECT count(user.id) AS count_1 FROM user
"""
    assert shown == expected


def test_a_listener_within_a_flush() -> None:
    shown = xray("""\
    def test(session):
        @event.listens_for(session, "before_flush")
        def audit(session, context, instances):
            session.add(Address(email="audit"))

        session.add(User(name="bob"))
        session.flush()
    """)
    expected = """\
     2  @event.listens_for(session, "before_flush")
     3  def audit(session, context, instances):
     4      session.add(Address(email="audit"))
     6  session.add(User(name="bob"))
          a User: transient -> pending
     7  session.flush()
          flush
            4  session.add(Address(email="audit"))
              an Address: transient -> pending
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            INSERT INTO address (email, user_id) VALUES ('audit', NULL)
            User 4, Address 2: pending -> persistent
"""
    assert shown == expected


def test_comprehensions() -> None:
    shown = xray("""\
    def test(session):
        users = session.scalars(select(User)).all()
        assert [len(user.addresses) for user in users] == [1, 0, 0]
    """)
    expected = """\
     2  users = session.scalars(select(User)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user
          User 1, User 2, User 3: loaded as persistent
     3  assert [len(user.addresses) for user in users] == [1, 0, 0]
          lazy load of User 1's addresses
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
          … 2 more like it
"""
    assert shown == expected


def test_what_led_to_an_error() -> None:
    shown = xray("""\
    def test(session):
        grace = session.get(User, 2)
        session.add_all([User(name="bob"), User(name="ada")])
        session.flush()
        assert False
    """)
    expected = """\
     2  grace = session.get(User, 2)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 2
          grace: loaded as persistent           User 2
     3  session.add_all([User(name="bob"), User(name="ada")])
          2 x User: transient -> pending
>    4  session.flush()
          flush
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
                RETURNING id
            INSERT INTO user (name, age, bio) VALUES ('ada', NULL, NULL)
                RETURNING id
            ! IntegrityError: UNIQUE constraint failed: user.name
            ROLLBACK
            2 x User: pending -> transient
            grace: expired
"""
    assert shown == expected


def test_an_error_at_an_innocent_query() -> None:
    shown = xray("""\
    def test(session):
        session.add(User(name="ada"))
        try:
            session.scalars(select(Address)).all()
        except exc.IntegrityError:
            session.rollback()
        session.scalars(select(Address)).all()
    """)
    expected = """\
     2  session.add(User(name="ada"))
          a User: transient -> pending
     3  try:
     4      session.scalars(select(Address)).all()
              autoflush by scalars()
                BEGIN                           connection 1 taken from the pool
                INSERT INTO user (name, age, bio) VALUES ('ada', NULL, NULL)
                ! IntegrityError: UNIQUE constraint failed: user.name
                ROLLBACK
                a User: pending -> transient
     5  except exc.IntegrityError:
     6      session.rollback()
              connection 1 back in the pool
     7  session.scalars(select(Address)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM address
          Address 1: loaded as persistent
"""
    assert shown == expected


def test_a_statement_that_fails() -> None:
    shown = xray("""\
    def test(session):
        session.execute(text("SELECT nothing FROM nowhere"))
    """)
    expected = """\
>    2  session.execute(text("SELECT nothing FROM nowhere"))
          BEGIN                                 connection 1 taken from the pool
          SELECT nothing FROM nowhere
          ! OperationalError: near "nothing": syntax error
"""
    assert shown == expected


def test_a_commit_that_fails() -> None:
    shown = xray("""\
    def test(session):
        session.add(Address(email="nobody@home", user_id=99))
        session.commit()
    """)
    expected = """\
     2  session.add(Address(email="nobody@home", user_id=99))
          an Address: transient -> pending
>    3  session.commit()
          flush by commit()
            BEGIN                               connection 1 taken from the pool
            INSERT INTO address (email, user_id) VALUES ('nobody@home', 99)
            Address 2: pending -> persistent
          COMMIT
          ! IntegrityError: FOREIGN KEY constraint failed
"""
    assert shown == expected
