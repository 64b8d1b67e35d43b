"""Sessions under asyncio, as the x-ray tells it: the whole text of each is written out here."""

import pytest

from tests.xray_world import xray

pytest.importorskip("aiosqlite", reason="pip install aiosqlite")
pytest.importorskip("greenlet", reason="pip install greenlet")


def test_an_async_session() -> None:
    shown = xray("""\
    async def test(async_engine):
        async with AsyncSession(async_engine) as session:
            bob = User(name="bob")
            session.add(bob)
            await session.flush()
            await session.rollback()
            ada = await session.get(User, 1)
            ada.age = 36
            count = await session.scalar(select(func.count(User.id)))
            await session.commit()
            await session.refresh(ada)
            await session.delete(ada)
        await async_engine.dispose()
    """)
    expected = """\
     2  async with AsyncSession(async_engine) as session:
     3      bob = User(name="bob")
     4      session.add(bob)
              bob: transient -> pending
     5      await session.flush()
              flush
                BEGIN                           connection 1 taken from the pool
                INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
                bob: pending -> persistent      User 4
     6      await session.rollback()
              ROLLBACK                          connection 1 back in the pool
              bob: persistent -> transient
     7      ada = await session.get(User, 1)
              BEGIN                             connection 1 taken from the pool
              SELECT … FROM user WHERE user.id = 1
              ada: loaded as persistent         User 1
     8      ada.age = 36
     9      count = await session.scalar(select(func.count(User.id)))
              autoflush by scalar()
                UPDATE user SET age=36 WHERE user.id = 1
              SELECT count(user.id) AS count_1 FROM user
    10      await session.commit()
              COMMIT                            connection 1 back in the pool
              ada: expired
    11      await session.refresh(ada)
              ada: expired
              BEGIN                             connection 1 taken from the pool
              SELECT … FROM user WHERE user.id = 1
              ada: refreshed
    12      await session.delete(ada)
              lazy load of ada.addresses
                SELECT … FROM address WHERE 1 = address.user_id
                    ORDER BY address.id
                Address 1: loaded as persistent
     2  leaving async with AsyncSession(async_engine) as session:
          ada, Address 1: persistent -> detached
          ROLLBACK                              connection 1 back in the pool
    13  await async_engine.dispose()
"""
    assert shown == expected


def test_async_savepoints_and_errors() -> None:
    shown = xray("""\
    async def test(async_engine):
        async with AsyncSession(async_engine) as session, session.begin():
            try:
                async with session.begin_nested():
                    session.add(User(name="ada"))
            except exc.IntegrityError:
                session.add(User(name="bob"))
        await async_engine.dispose()
    """)
    expected = """\
     2  async with AsyncSession(async_engine) as session, session.begin():
     3      try:
     4          async with session.begin_nested():
     5              session.add(User(name="ada"))
                      a User: transient -> pending
     4          leaving async with session.begin_nested():
                  flush by commit()
                    BEGIN                       connection 1 taken from the pool
                    SAVEPOINT sa_savepoint_1
                    INSERT INTO user (name, age, bio) VALUES ('ada', NULL, NULL)
                    ! IntegrityError: UNIQUE constraint failed: user.name
                    ROLLBACK TO SAVEPOINT sa_savepoint_1
                    a User: pending -> transient
     6      except exc.IntegrityError:
     7          session.add(User(name="bob"))
                  a User: transient -> pending
     2  leaving async with AsyncSession(async_engine) as session, session.begin():
          flush by commit()
            INSERT INTO user (name, age, bio) VALUES ('bob', NULL, NULL)
            User 4: pending -> persistent
          COMMIT                                connection 1 back in the pool
     8  await async_engine.dispose()
"""
    assert shown == expected


def test_async_attributes() -> None:
    shown = xray("""\
    async def test(async_engine):
        def names(session):
            return [address.user.name for address in session.scalars(select(Address))]

        async with AsyncSession(async_engine) as session:
            assert await session.run_sync(names) == ["ada"]
        await async_engine.dispose()
    """)
    expected = """\
     2  def names(session):
     3      return [address.user.name for address in session.scalars(select(Address))]
     5  async with AsyncSession(async_engine) as session:
     6      assert await session.run_sync(names) == ["ada"]
              3  return [address.user.name for address in
                  session.scalars(select(Address))]
                BEGIN                           connection 1 taken from the pool
                SELECT … FROM address
                address: loaded as persistent   Address 1
                lazy load of address.user
                  SELECT … FROM user WHERE user.id = 1
                  User 1: loaded as persistent
     5  leaving async with AsyncSession(async_engine) as session:
          ROLLBACK                              connection 1 back in the pool
     7  await async_engine.dispose()
"""
    assert shown == expected


def test_async_tasks() -> None:
    shown = xray("""\
    async def test(async_engine):
        async def look_up(number, done):
            async with AsyncSession(async_engine) as session:
                await session.get(User, number)
                ready.set()
                await done.wait()

        ready, done, all_done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(look_up(1, done))
        await ready.wait()
        ready.clear()
        second = asyncio.create_task(look_up(2, all_done), name="second")
        await ready.wait()
        done.set()
        await first
        all_done.set()
        await second
        await async_engine.dispose()
    """)
    expected = """\
     2  async def look_up(number, done):
     3      async with AsyncSession(async_engine) as session:
     4          await session.get(User, number)
     5          ready.set()
     6          await done.wait()
     8  ready, done, all_done = asyncio.Event(), asyncio.Event(), asyncio.Event()
     9  first = asyncio.create_task(look_up(1, done))
    10  await ready.wait()
          task 1, session (1)
            4  await session.get(User, number)
              BEGIN                             connection 1 taken from the pool
              SELECT … FROM user WHERE user.id = 1
              User 1: loaded as persistent
    11  ready.clear()
    12  second = asyncio.create_task(look_up(2, all_done), name="second")
    13  await ready.wait()
          task second, session (2)
            4  await session.get(User, number)
              BEGIN                             connection 2 taken from the pool
              SELECT … FROM user WHERE user.id = 2
              User 2: loaded as persistent
    14  done.set()
    15  await first
          task 1, session (1)
            3  leaving async with AsyncSession(async_engine) as session:
              ROLLBACK                          connection 1 back in the pool
    16  all_done.set()
    17  await second
          task second, session (2)
            3  leaving async with AsyncSession(async_engine) as session:
              ROLLBACK                          connection 2 back in the pool
    18  await async_engine.dispose()
"""
    assert shown == expected


def test_a_coroutine_within_a_test() -> None:
    shown = xray("""\
    def test(engine):
        async def main():
            async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
            async with AsyncSession(async_engine) as session:
                assert await session.get(User, 1)
            await async_engine.dispose()

        asyncio.run(main())
    """)
    expected = """\
     2  async def main():
     3      async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
     4      async with AsyncSession(async_engine) as session:
     5          assert await session.get(User, 1)
                  BEGIN not sent: the driver waits
                      connection 1 taken from the pool
                  SELECT … FROM user WHERE user.id = 1
                  User 1: loaded as persistent
     4      leaving async with AsyncSession(async_engine) as session:
              ROLLBACK not sent: no transaction  connection 1 back in the pool
     6      await async_engine.dispose()
     8  asyncio.run(main())
"""
    assert shown == expected
