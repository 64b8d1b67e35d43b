"""What becomes of objects, as the x-ray tells it: the whole text of each is written out here."""

from tests.xray_world import xray


def test_a_new_object_is_saved() -> None:
    shown = xray("""\
    def test(session):
        bob = User(name="bob")
        session.add(bob)
        session.flush()
        session.commit()
    """)
    expected = """\
     2  bob = User(name="bob")
     3  session.add(bob)
          bob: transient -> pending
     4  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            bob: pending -> persistent          User 4
     5  session.commit()
          COMMIT                                connection 1 back in the pool
          bob: expired
"""
    assert shown == expected


def test_a_new_object_is_expunged() -> None:
    shown = xray("""\
    def test(session):
        bob = User(name="bob")
        session.add(bob)
        session.expunge(bob)
    """)
    expected = """\
     2  bob = User(name="bob")
     3  session.add(bob)
          bob: transient -> pending
     4  session.expunge(bob)
          bob: pending -> transient
"""
    assert shown == expected


def test_a_new_object_is_rolled_back() -> None:
    shown = xray("""\
    def test(session):
        bob = User(name="bob")
        session.add(bob)
        session.flush()
        session.rollback()
    """)
    expected = """\
     2  bob = User(name="bob")
     3  session.add(bob)
          bob: transient -> pending
     4  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            bob: pending -> persistent          User 4
     5  session.rollback()
          ROLLBACK                              connection 1 back in the pool
          bob: persistent -> transient
"""
    assert shown == expected


def test_an_object_is_deleted() -> None:
    shown = xray("""\
    def test(session):
        alan = session.get(User, 3)
        session.delete(alan)
        session.flush()
        session.commit()
    """)
    expected = """\
     2  alan = session.get(User, 3)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 3
          alan: loaded as persistent            User 3
     3  session.delete(alan)
          lazy load of alan.addresses
            SELECT … FROM address WHERE 3 = address.user_id ORDER BY address.id
     4  session.flush()
          flush
            DELETE FROM user WHERE user.id = 3
            alan: persistent -> deleted
     5  session.commit()
          COMMIT                                connection 1 back in the pool
          alan: deleted -> detached
"""
    assert shown == expected


def test_a_deletion_is_rolled_back() -> None:
    shown = xray("""\
    def test(session):
        home = session.get(Address, 1)
        session.delete(home)
        session.flush()
        session.rollback()
    """)
    expected = """\
     2  home = session.get(Address, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM address WHERE address.id = 1
          home: loaded as persistent            Address 1
     3  session.delete(home)
     4  session.flush()
          flush
            DELETE FROM address WHERE address.id = 1
            home: persistent -> deleted
     5  session.rollback()
          ROLLBACK                              connection 1 back in the pool
          home: deleted -> persistent
          home: expired
"""
    assert shown == expected


def test_an_object_leaves_its_session_and_joins_another() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.close()
        session.add(ada)
        session.expunge(ada)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.close()
          ada: persistent -> detached
          ROLLBACK                              connection 1 back in the pool
     4  session.add(ada)
          ada: detached -> persistent
     5  session.expunge(ada)
          ada: persistent -> detached
"""
    assert shown == expected


def test_an_object_is_made_transient() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        make_transient(ada)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  make_transient(ada)
          ada: persistent -> detached
          ada: detached -> transient
"""
    assert shown == expected


def test_values_are_expired_and_refreshed() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.expire(ada, ["name"])
        ada.name
        session.refresh(ada)
        session.expire(ada)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.expire(ada, ["name"])
          ada.name: expired
     4  ada.name
          ada.name is expired: reload
            SELECT user.name FROM user WHERE user.id = 1
            ada.name: refreshed
     5  session.refresh(ada)
          ada: expired
          SELECT … FROM user WHERE user.id = 1
          ada: refreshed
     6  session.expire(ada)
          ada: expired
"""
    assert shown == expected


def test_a_query_refreshes_what_is_expired_and_nothing_else() -> None:
    shown = xray("""\
    def test(session):
        users = session.scalars(select(User)).all()
        session.scalars(select(User)).all()
        session.expire(users[1])
        session.scalars(select(User)).all()
        session.scalars(select(User).execution_options(populate_existing=True)).all()
    """)
    expected = """\
     2  users = session.scalars(select(User)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user
          User 1, User 2, User 3: loaded as persistent
     3  session.scalars(select(User)).all()
          SELECT … FROM user
     4  session.expire(users[1])
          User 2: expired
     5  session.scalars(select(User)).all()
          SELECT … FROM user
          User 2: refreshed
     6  session.scalars(select(User).execution_options(populate_existing=True)).all()
          SELECT … FROM user
          User 1, User 2, User 3: refreshed
"""
    assert shown == expected


def test_an_object_is_merged() -> None:
    shown = xray("""\
    def test(session):
        copy = User(id=1, name="ada", age=36)
        ada = session.merge(copy)
        session.flush()
    """)
    expected = """\
     2  copy = User(id=1, name="ada", age=36)
     3  ada = session.merge(copy)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
          ada.bio: expired
     4  session.flush()
          flush
            UPDATE user SET age=36 WHERE user.id = 1
"""
    assert shown == expected


def test_two_variables_for_one_object() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        by_name = session.scalars(select(User).where(User.name == "ada")).one()
        by_key = session.get(User, 1)
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  by_name = session.scalars(select(User).where(User.name == "ada")).one()
          SELECT … FROM user WHERE user.name = 'ada'
          by_name is ada
     4  by_key = session.get(User, 1)
          by_key is ada
"""
    assert shown == expected


def test_objects_that_nobody_holds_leave_the_identity_map() -> None:
    shown = xray("""\
    def test(session):
        users = session.scalars(select(User)).all()
        ada = users[0]
        del users
        session.get(User, 2).name
    """)
    expected = """\
     2  users = session.scalars(select(User)).all()
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user
          ada, User 2, User 3: loaded as persistent  User 1
     3  ada = users[0]
     4  del users
          User 2, User 3: left the identity map  no reference left
     5  session.get(User, 2).name
          SELECT … FROM user WHERE user.id = 2
          User 2: loaded as persistent
"""
    assert shown == expected


def test_a_session_goes_without_being_closed() -> None:
    shown = xray("""\
    def test(engine):
        session = Session(engine)
        ada = session.get(User, 1)
        session.commit()
        del session
    """)
    expected = """\
     2  session = Session(engine)
     3  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     4  session.commit()
          COMMIT                                connection 1 back in the pool
          ada: expired
     5  del session
          ada: persistent -> detached
"""
    assert shown == expected


def test_names_of_objects() -> None:
    shown = xray("""\
    def test(session):
        users = [User(name="bob"), User(name="eve")]
        session.add_all(users)
        session.add(Address(email="nobody@home"))
        session.flush()
        bob = users[0]
        session.commit()
    """)
    expected = """\
     2  users = [User(name="bob"), User(name="eve")]
     3  session.add_all(users)
          bob, a User: transient -> pending
     4  session.add(Address(email="nobody@home"))
          an Address: transient -> pending
     5  session.flush()
          flush
            BEGIN                               connection 1 taken from the pool
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
                RETURNING id
            INSERT INTO user (name, age, bio) VALUES ('eve', NULL, NULL)
                RETURNING id
            INSERT INTO address (email, user_id) VALUES ('nobody@home', NULL)
            bob, User 5, Address 2: pending -> persistent  User 4
     6  bob = users[0]
     7  session.commit()
          COMMIT                                connection 1 back in the pool
          bob, User 5: expired
"""
    assert shown == expected


def test_an_object_at_the_address_of_another() -> None:
    shown = xray("""\
    def test(session):
        for number in range(20):
            session.add(User(name="bob"))
            session.flush()
            session.delete(session.get(User, number + 4))
            session.flush()
        session.add(User(name="bob"))
    """)
    expected = """\
     2  for number in range(20):
     3      session.add(User(name="bob"))
              2 x User: transient -> pending
     4      session.flush()
              flush
                BEGIN                           connection 1 taken from the pool
                INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
                User 4: pending -> persistent
              flush
                INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
                User 4: pending -> persistent
>    5      session.delete(session.get(User, number + 4))
              SELECT … FROM user WHERE user.id = 4
              User 4: loaded as persistent
              lazy load of User 4's addresses
                SELECT … FROM address WHERE 4 = address.user_id
                    ORDER BY address.id
              SELECT … FROM user WHERE user.id = 5
     6      session.flush()
              flush
                DELETE FROM user WHERE user.id = 4
                User 4: persistent -> deleted
"""
    assert shown == expected


def test_more_objects_than_can_be_named() -> None:
    shown = xray("""\
    def test(session):
        ada = session.get(User, 1)
        session.scalars(select(Address)).all()
        ada.addresses.extend(Address(email=f"ada@{n}") for n in range(4))
        session.commit()
    """)
    expected = """\
     2  ada = session.get(User, 1)
          BEGIN                                 connection 1 taken from the pool
          SELECT … FROM user WHERE user.id = 1
          ada: loaded as persistent             User 1
     3  session.scalars(select(Address)).all()
          SELECT … FROM address
          Address 1: loaded as persistent
     4  ada.addresses.extend(Address(email=f"ada@{n}") for n in range(4))
          lazy load of ada.addresses
            SELECT … FROM address WHERE 1 = address.user_id ORDER BY address.id
            Address 1: loaded as persistent
          4 x Address: transient -> pending
     5  session.commit()
          flush by commit()
            INSERT INTO address (email, user_id) VALUES ('ada@0', 1)
                RETURNING id
            … 3 more like it
            4 x Address: pending -> persistent
          COMMIT                                connection 1 back in the pool
          ada: expired
          Address 1: left the identity map      no reference left
"""
    assert shown == expected
