"""What goes wrong at a learner's desk: one clear message, and nothing lost."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dojo.requirements import problems
from tests.nested import ROOT
from tests.practice import Practice

IDENTITY_MAP = "06_identity_map"
CASCADES = "23_cascades"
FIRST = "test_two_queries_for_one_row_return_one_object"
SECOND = "test_each_session_has_objects_of_its_own"


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path, IDENTITY_MAP, CASCADES)


def test_a_syntax_error_keeps_no_other_chapter_from_running(practice: Practice) -> None:
    practice.replace(CASCADES, "def test_what_one_add", "deff test_what_one_add")

    screen = practice.run("katas/")

    assert screen.status == pytest.ExitCode.TESTS_FAILED
    assert "katas/test_23_cascades.py:18: Python cannot read this line" in screen.text
    assert "site-packages" not in screen.text
    assert screen.section("katas") == [
        "06 identity map  ________  0 of 8",
        "23 cascades cannot be read: see above",
    ]


def test_a_bad_import_keeps_no_other_chapter_from_running(practice: Practice) -> None:
    practice.replace(CASCADES, "import pytest\n", "import pytest\nimport nowhere\n")

    screen = practice.run("katas/")

    assert "katas/test_23_cascades.py:12: in <module>" in screen.text
    assert "E   ModuleNotFoundError: No module named 'nowhere'" in screen.text
    assert screen.section("katas")[-1] == "23 cascades cannot be read: see above"


def test_a_deleted_and_a_renamed_chapter_are_missed(practice: Practice) -> None:
    practice.path(CASCADES).rename(practice.path("23_mine"))
    mine = practice.path("23_mine")

    screen = practice.run("katas/", "--hint", f"--deselect=katas/test_{IDENTITY_MAP}.py")

    assert screen.section("katas") == [
        "23 mine  ________  0 of 8",
        "23 cascades is gone: git restore katas/test_23_cascades.py",
    ]
    assert screen.section("hint") == [
        f"solutions/{mine.name} is not there: git restore solutions/{mine.name}"
    ]


def test_many_deleted_chapters_take_one_line(tmp_path: Path) -> None:
    chapters = [path.stem.removeprefix("test_") for path in sorted(ROOT.glob("katas/test_0*.py"))]
    practice = Practice(tmp_path, *chapters)
    for chapter in chapters[:4]:
        practice.path(chapter).unlink()

    screen = practice.run("katas/")

    last = screen.section("katas")[-1]
    assert last == "4 chapters are gone: git restore katas/ brings them back"


def test_a_deleted_kata_is_missed(practice: Practice) -> None:
    practice.replace(CASCADES, "def test_what_becomes_of", "def what_becomes_of")

    assert (
        practice.run("katas/").section("katas")[1] == "23 cascades      _______   0 of 7, 1 missing"
    )


def test_an_edited_assertion_is_allowed_and_told(practice: Practice) -> None:
    practice.solve(IDENTITY_MAP)
    practice.replace(IDENTITY_MAP, "    assert ada in session\n", "")

    screen = practice.run(f"katas/test_{IDENTITY_MAP}.py", "--solution")

    assert screen.section("katas") == ["06 identity map  ........  8 of 8, 1 checking less"]
    assert "   solution      assert ada in session" in screen.section("solutions")


def test_a_loop_without_an_end_is_stopped(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, "[None for _ in iter(int, 1)]")

    screen = practice.run("katas/", "-o", "kata_time_limit=1")

    assert "E   Failed: not done after 1 s: is there a loop without end, or a lock?" in screen.text
    assert screen.section("katas")[0] == "06 identity map  F_______  0 of 8"


def test_a_wait_without_an_end_is_stopped(tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    practice = Practice(tmp_path, "33_asyncio")
    practice.solve("33_asyncio")
    test = "async def test_reading_rows_as_they_come(async_session: AsyncSession) -> None:\n"
    practice.replace("33_asyncio", test, f"{test}    await asyncio.Event().wait()\n")

    screen = practice.run("katas/", "-o", "kata_time_limit=1")

    assert "E   Failed: not done after 1 s: is there a loop without end, or a lock?" in screen.text
    assert screen.section("katas") == ["33 asyncio  ....F...  7 of 8"]


def test_who_debugs_is_not_hurried(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, "(breakpoint(), 42)")
    wait = "import time; time.sleep(1.5)\np 'still' + ' here'\nq\n"

    screen = practice.run("katas/", "-k", FIRST, "-o", "kata_time_limit=1", stdin=wait)

    assert "'still here'" in screen.text
    assert "not done after" not in screen.text


def test_an_interrupt_ends_the_run_and_keeps_the_counts(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, '"Countess of Lovelace"')
    practice.replace(IDENTITY_MAP, "    mine = ", "    raise KeyboardInterrupt\n    mine = ")

    screen = practice.run("katas/", "-p", "no:randomly")

    assert screen.status == pytest.ExitCode.INTERRUPTED
    assert screen.section("katas") == ["06 identity map  .  1 of 1"]


@pytest.mark.parametrize(
    "statement",
    [
        "print('what is this')",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import os; os.fork() or os._exit(0)",
        "session.connection(); import gc; gc.collect()",
    ],
    ids=["a print", "a thread left running", "a fork", "an open transaction"],
)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
def test_what_one_kata_leaves_behind_hurts_no_other(practice: Practice, statement: str) -> None:
    practice.solve(CASCADES)
    practice.replace(IDENTITY_MAP, "    by_name = ", f"    {statement}\n    by_name = ")
    practice.fill(IDENTITY_MAP, FIRST, "42")

    screen = practice.run("katas/", "-p", "no:randomly")

    assert screen.section("katas") == [
        "06 identity map  F_______  0 of 8",
        "23 cascades      ........  8 of 8",
    ]


def test_a_database_that_is_deleted_hurts_its_own_kata_alone(practice: Practice) -> None:
    delete = "import os; os.unlink(str(session.get_bind().engine.url.database))"
    practice.replace(IDENTITY_MAP, "    by_name = ", f"    {delete}\n    by_name = ")
    practice.solve(CASCADES)

    screen = practice.run("katas/", "-p", "no:randomly")

    assert "E   sqlalchemy.exc.OperationalError" in screen.text
    assert screen.section("katas")[1] == "23 cascades      ........  8 of 8"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_disk_is_named(practice: Practice) -> None:
    fill = 'import os; os.write(os.open("/dev/full", os.O_WRONLY), b"x")'
    practice.replace(IDENTITY_MAP, "    by_name = ", f"    {fill}\n    by_name = ")

    screen = practice.run("katas/")

    assert "E   OSError: [Errno 28] No space left on device" in screen.text
    assert screen.section("katas")[0] == "06 identity map  F_______  0 of 8"


@pytest.fixture
def read_only(practice: Practice) -> Iterator[Sequence[str]]:
    """Nothing can be written in the copy, by what is run with these words before it."""
    # Root writes where nobody may write, unless it goes without that right.
    root = sys.platform != "win32" and os.geteuid() == 0
    without_rights = ("setpriv", "--bounding-set=-all") if root else ()
    if sys.platform == "win32" or (root and not shutil.which("setpriv")):
        pytest.skip("needs permissions that are heeded")
    folders = [practice.root, *filter(Path.is_dir, practice.root.rglob("*"))]
    for folder in folders:
        folder.chmod(0o555)
    yield without_rights
    for folder in folders:
        folder.chmod(0o755)


def test_a_folder_in_which_nothing_can_be_written(
    practice: Practice, read_only: Sequence[str]
) -> None:
    """Pytest warns that it can't keep its cache. Nothing else changes."""
    screen = practice.run("katas/", before=read_only)

    assert screen.status == pytest.ExitCode.TESTS_FAILED
    assert "could not create cache path" in screen.text
    assert screen.section("katas")[0] == "06 identity map  ________  0 of 8"
    assert screen.section("next")


def test_line_endings_of_windows(practice: Practice) -> None:
    for chapter in practice.root.glob("*/test_*.py"):
        chapter.write_bytes(chapter.read_bytes().replace(b"\n", b"\r\n"))
    practice.path(IDENTITY_MAP).write_bytes(
        practice.path(IDENTITY_MAP).read_bytes().replace(b"fullname == ___", b"fullname == 42")
    )

    screen = practice.run("katas/")

    assert screen.section("katas") == [
        "06 identity map  F__F____  0 of 8",
        "23 cascades      ________  0 of 8",
    ]


def test_nothing_of_the_learner_s_is_written_to(practice: Practice) -> None:
    practice.fill(IDENTITY_MAP, FIRST, '"Ada Lovelace"')
    before = _contents(practice.root)

    practice.run("katas/", "--hint")
    practice.run("katas/", "--solution", "-p", "no:cacheprovider")

    assert _contents(practice.root) == before


def _contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.glob("*/*.py")}


def test_what_is_too_old_or_missing_is_told(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        '[project]\ndependencies = ["pytest>=9.0", "pytest>=999", "no-such-thing>=1"]\n'
    )

    assert list(problems(pyproject)) == [
        f"The katas need pytest >=999, and this is {pytest.__version__}.",
        "The katas need no-such-thing >=1, which is not installed.",
    ]


def test_what_is_too_old_or_missing_stops_the_run(practice: Practice) -> None:
    pyproject = practice.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("sqlalchemy>=2.0.31", "sqlalchemy>=99"))

    screen = practice.run("katas/")

    assert screen.status == pytest.ExitCode.USAGE_ERROR
    assert "The katas need sqlalchemy <2.2,>=99, and this is" in screen.text
    assert "This brings what is needed: pip install -e ." in screen.text
    assert "Traceback" not in screen.text
