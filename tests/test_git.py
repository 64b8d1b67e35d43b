"""Starting over, and getting new katas, with git: the README's commands."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.practice import Practice

IDENTITY_MAP = "06_identity_map"
CASCADES = "23_cascades"
FIRST = "test_two_queries_for_one_row_return_one_object"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def upstream(tmp_path: Path) -> Practice:
    """The project that a learner has cloned."""
    upstream = Practice(tmp_path / "upstream", IDENTITY_MAP)
    git(upstream.root, "init", "--quiet", "--initial-branch=main")
    commit(upstream)
    return upstream


@pytest.fixture
def clone(upstream: Practice, tmp_path: Path) -> Practice:
    """The learner's clone, with the first kata solved."""
    clone = Practice(tmp_path / "learner")
    shutil.rmtree(clone.root)
    git(tmp_path, "clone", "--quiet", str(upstream.root), str(clone.root))
    clone.fill(IDENTITY_MAP, FIRST, '"Countess of Lovelace"')
    return clone


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@engine.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(practice: Practice) -> None:
    git(practice.root, "add", "--all")
    git(practice.root, "commit", "--quiet", "--message=katas")


def test_starting_over(clone: Practice) -> None:
    git(clone.root, "restore", "katas/test_06_identity_map.py")

    assert clone.run("katas/").section("katas") == ["06 identity map  ________  0 of 8"]


def test_new_katas_leave_the_answers_alone(upstream: Practice, clone: Practice) -> None:
    for folder in ("katas", "solutions"):
        path = upstream.path(IDENTITY_MAP, folder)
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "\n\ndef test_new() -> None:\n    assert ___\n", encoding="utf-8")
    newer = Practice(upstream.root.parent / "newer", CASCADES)
    for folder in ("katas", "solutions"):
        shutil.copy(newer.path(CASCADES, folder), upstream.path(CASCADES, folder))
    commit(upstream)

    git(clone.root, "pull", "--quiet", "--rebase", "--autostash")

    assert clone.run("katas/").section("katas") == [
        "06 identity map  .________  1 of 9",
        "23 cascades      ________   0 of 8",
    ]


def test_new_katas_come_to_committed_answers_too(upstream: Practice, clone: Practice) -> None:
    commit(clone)
    upstream.replace(IDENTITY_MAP, '"""The identity map.\n', '"""The identity map, revised.\n')
    commit(upstream)

    git(clone.root, "pull", "--quiet", "--rebase", "--autostash")

    assert clone.run("katas/").section("katas") == ["06 identity map  ._______  1 of 8"]
    assert "revised" in clone.path(IDENTITY_MAP).read_text(encoding="utf-8")
