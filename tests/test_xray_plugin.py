"""Where pytest shows an x-ray, and where it does not."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent

CONFTEST = """
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def ada(session):
    ada = User(name="ada")
    session.add(ada)
    session.flush()
    return ada
"""

FAILS = """
from conftest import User

def test_fails(session):
    bob = User(name="bob")
    session.add(bob)
    assert session.new == set()
    session.commit()
"""

PASSES = """
from conftest import User

def test_passes(session):
    eve = User(name="eve")
    session.add(eve)
"""

UNTRIED = """
from conftest import User

def test_untried(session):
    session.add(User(name="max"))
    ___
"""

OF_FAILS = """\
     4  bob = User(name="bob")
     5  session.add(bob)
          bob: transient -> pending
>    6  assert session.new == set()
"""

OF_PASSES = """\
     4  eve = User(name="eve")
     5  session.add(eve)
          eve: transient -> pending
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of somebody's own, with no kata in sight."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "80")
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\npythonpath = .\n")
    return pytester


def run(project: pytest.Pytester, *options: str) -> str:
    """The screen of a run."""
    always = ("-p", "dojo.plugin", "-p", "no:randomly", "-p", "no:cacheprovider")
    result = project.runpytest_subprocess(*always, *options)
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    return result.stdout.str()


def test_under_a_failed_test_and_no_other(project: pytest.Pytester) -> None:
    project.makepyfile(test_fails=FAILS, test_passes=PASSES, test_untried=UNTRIED)

    screen = run(project)

    assert OF_FAILS in screen
    assert screen.count("- x-ray -") == screen.count("transient -> pending") == 1


def test_under_every_test_on_demand(project: pytest.Pytester) -> None:
    project.makepyfile(test_fails=FAILS, test_passes=PASSES, test_untried=UNTRIED)

    screen = run(project, "--xray")

    of_failures, _, others = screen.partition("= x-rays =")
    assert OF_FAILS in of_failures
    assert OF_FAILS not in others
    assert others.index("test_passes.py::test_passes _") < others.index(OF_PASSES)
    assert others.index(OF_PASSES) < others.index("test_untried.py::test_untried _")
    assert "a User: transient -> pending" in others


def test_what_the_fixtures_did(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_with_ada(session, ada):
            session.commit()
            assert ada.name == "eve"
    """)

    expected = """\
     1  def test_with_ada(session, ada):
          conftest.py:29  session.add(ada)
            ada: transient -> pending
          conftest.py:30  session.flush()
            flush
              BEGIN                             connection 1 taken from the pool
              INSERT INTO user (name) VALUES ('ada')
              ada: pending -> persistent        User 1
     2      session.commit()
              COMMIT                            connection 1 back in the pool
              ada: expired
>    3      assert ada.name == "eve"
              ada.name is expired: reload
"""
    assert expected in run(project)


def test_under_a_fixture_that_failed(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.fixture
        def another_ada(session, ada):
            session.execute("no SQL")

        def test_nothing(another_ada):
            pass
    """)

    expected = """\
     7  def test_nothing(another_ada):
          conftest.py:29  session.add(ada)
            a User: transient -> pending
"""
    assert expected in run(project)


def test_in_a_class_and_with_parameters(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest
        from conftest import User

        class TestUsers:
            @pytest.mark.parametrize("name", ["bob", "eve"])
            def test_name(self, session, name):
                session.add(User(name=name))
                assert name == "bob"
    """)

    expected = """\
     7  session.add(User(name=name))
          a User: transient -> pending
>    8  assert name == "bob"
"""
    assert expected in run(project)


def test_the_last_example_of_hypothesis(project: pytest.Pytester) -> None:
    project.makepyfile("""
        from hypothesis import given, settings, strategies as st
        from conftest import User
        from sqlalchemy.orm import Session

        @settings(database=None)
        @given(st.integers(0, 100))
        def test_small(number):
            session = Session()
            session.add(User(name=str(number)))
            assert number < 10
    """)

    expected = """\
     8  session = Session()
     9  session.add(User(name=str(number)))
          a User: transient -> pending
>   10  assert number < 10
"""
    assert expected in run(project)


def test_in_a_worker_of_xdist(project: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    project.makepyfile(test_fails=FAILS, test_passes=PASSES)

    of_failures, _, others = run(project, "--xray", "-n", "2").partition("= x-rays =")

    assert OF_FAILS in of_failures
    assert OF_PASSES in others


def test_in_a_junit_file(project: pytest.Pytester) -> None:
    project.makepyfile(test_fails=FAILS)

    run(project, "--junitxml=report.xml")

    failure = ElementTree.parse(project.path / "report.xml").find(".//failure")
    assert failure is not None
    assert OF_FAILS.rstrip() in (failure.text or "")


@pytest.mark.parametrize("style", ["long", "short", "native"])
def test_with_each_style_of_traceback(project: pytest.Pytester, style: str) -> None:
    project.makepyfile(test_fails=FAILS)

    assert OF_FAILS in run(project, f"--tb={style}")


def test_once_where_pytest_shows_what_passed(project: pytest.Pytester) -> None:
    project.makepyfile(test_passes=PASSES)

    assert run(project, "--xray", "-rP").count(OF_PASSES) == 1


def test_not_where_there_was_no_session(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_arithmetic():
            assert 1 + 1 == 3
    """)

    assert "x-ray" not in run(project, "--xray")
